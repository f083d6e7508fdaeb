import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { withCircuitBreaker } from '../../src/retrieval/circuit-breaker.js';
import type { Retriever } from '../../src/retrieval/retriever.js';

const signal = new AbortController().signal;
const request = { query: { text: 'piano', access: { tenant: 'default', groups: [] } }, limit: 1 };

/** A back end whose next replies are on the table, and a clock that is moved by hand. */
function setUp(...replies: (ServiceError | 'ok')[]) {
  let time = 0;
  let asked = 0;
  const backEnd: Retriever = {
    name: 'store',
    kind: 'dense',
    async retrieve() {
      const reply = replies[asked++];
      if (reply instanceof ServiceError) throw reply;
      return [];
    },
    check: async () => undefined,
    close: async () => undefined,
  };
  const retriever = withCircuitBreaker(backEnd, { failures: 2, openMs: 100, now: () => time });
  return {
    ask: () =>
      retriever.retrieve(request, signal).then(
        () => 'ok',
        (error: ServiceError) => error.code,
      ),
    asked: () => asked,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

const down = new ServiceError('retrieval-unavailable');
const late = new ServiceError('deadline-exceeded');

describe('circuit breaker', () => {
  test('failures in a row open it, and the back end is left alone', async () => {
    const { ask, asked, pass } = setUp(down, late, 'ok');
    expect([await ask(), await ask()]).toEqual(['retrieval-unavailable', 'deadline-exceeded']);
    expect(await ask()).toBe('retrieval-unavailable');
    pass(99);
    expect(await ask()).toBe('retrieval-unavailable');
    expect(asked()).toBe(2);
  });

  test('a probe that succeeds closes it', async () => {
    const { ask, asked, pass } = setUp(down, down, 'ok', 'ok');
    await ask();
    await ask();
    pass(100);
    expect([await ask(), await ask()]).toEqual(['ok', 'ok']);
    expect(asked()).toBe(4);
  });

  test('a probe that fails opens it again, and there is one probe at a time', async () => {
    const { ask, asked, pass } = setUp(down, down, down, 'ok');
    await ask();
    await ask();
    pass(100);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill('retrieval-unavailable'));
    expect(asked()).toBe(3);
    pass(99);
    await ask();
    expect(asked()).toBe(3);
    pass(1);
    expect(await ask()).toBe('ok');
  });

  test('a success in between starts the count anew; a cancelled request and a missing index do not count', async () => {
    const cancelled = new ServiceError('cancelled');
    const missing = new ServiceError('index-missing');
    const { ask, asked } = setUp(down, 'ok', down, cancelled, missing, 'ok', down, 'ok');
    for (let index = 0; index < 8; index++) await ask();
    expect(asked()).toBe(8);
  });
});
