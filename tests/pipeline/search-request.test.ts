import { describe, expect, it } from 'vitest';
import { toSearchRequest } from '../../src/pipeline/search-request.js';

const caller = { requestId: 'r', access: { tenant: 'default', groups: [] } };
const defaults = { queryMaxCharacters: 2_000, answer: { deadlineMs: 3_000, candidates: 4 } };
const request = (query: string) => toSearchRequest({ query }, caller, defaults);

describe('toSearchRequest', () => {
  it('fills in every default', () => {
    expect(request('piano')).toEqual({
      requestId: 'r',
      query: { text: 'piano', access: caller.access },
      limit: 10,
      offset: 0,
      answer: { mode: 'auto', deadlineMs: 3_000, candidates: 4 },
      debug: false,
    });
  });

  it('keeps what is given', () => {
    const given = toSearchRequest(
      { query: 'x', limit: 3, answer: { mode: 'off', minConfidence: 0.5 }, userId: 'u' },
      caller,
      defaults,
    );
    expect(given).toMatchObject({
      limit: 3,
      userId: 'u',
      answer: { mode: 'off', minConfidence: 0.5, deadlineMs: 3_000 },
    });
  });

  it.each([
    ['  who\tinvented\r\nthe  piano ', 'who invented the piano'],
    ['钢琴是谁发明的?', '钢琴是谁发明的?'],
    ['🎹', '🎹'],
    ['\u00a0piano\u2003', 'piano'],
  ])('cleans %j', (query, text) => {
    expect(request(query).query.text).toBe(text);
  });

  it('refuses a page beyond the hits that can be reached, and takes the last one', () => {
    const page = (offset: number, limit?: number) => toSearchRequest({ query: 'x', offset, limit }, caller, defaults);
    expect(page(990)).toMatchObject({ offset: 990, limit: 10 });
    for (const [offset, limit] of [
      [991, undefined],
      [901, 100],
      [1_000, 1],
    ] as const) {
      const message = expect.stringMatching(/offset \+ limit: expected at most 1000 .* received 1001/);
      expect(() => page(offset, limit)).toThrow(expect.objectContaining({ code: 'invalid-request', message }));
    }
  });

  it.each([
    ['', 'empty-query'],
    [' \t\n', 'empty-query'],
    ['a\u0000b', 'invalid-request'],
    ['a\u001bb', 'invalid-request'],
    ['a\u007f', 'invalid-request'],
    ['\ud800', 'invalid-request'],
    ['x'.repeat(10_000), 'query-too-long'],
  ])('refuses %j', (query, code) => {
    expect(() => request(query)).toThrow(expect.objectContaining({ code }));
  });
});
