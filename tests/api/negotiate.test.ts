import { describe, expect, it } from 'vitest';
import { preferredType } from '../../src/api/negotiate.js';

describe('preferredType', () => {
  it.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*', 'json'],
    ['application/json', 'json'],
    ['text/event-stream', 'events'],
    ['text/*', 'events'],
    ['TEXT/Event-Stream', 'events'],
    ['application/json, text/event-stream', 'json'],
    ['text/event-stream, application/json;q=0.9', 'events'],
    ['text/event-stream;q=0.5, */*;q=0.4', 'events'],
    ['text/event-stream;q=0, */*', 'json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'json'],
  ])('%s: %s', (accept, type) => {
    expect(preferredType(accept)).toBe(type);
  });

  it.each(['image/png', 'application/json;q=0', 'application/xml'])('refuses %s', (accept) => {
    expect(() => preferredType(accept)).toThrow(expect.objectContaining({ code: 'not-acceptable' }));
  });
});
