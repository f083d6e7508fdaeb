import { describe, expect, test } from 'vitest';
import { withHedging } from '../../src/retrieval/hedging.js';
import type { Retriever } from '../../src/retrieval/retriever.js';
import type { ScoredPassage } from '../../src/types.js';
import { passage } from '../contracts/reranker.js';

const request = { query: { text: 'piano', access: { tenant: 'default', groups: [] } }, limit: 1 };
const hit = (id: string): ScoredPassage[] => [{ passage: { ...passage('text'), id }, bm25Score: 1 }];
const never = () => new Promise<ScoredPassage[]>(() => undefined);

/** A back end whose tries are on the table, and the signals it was given. */
function setUp(...tries: (() => Promise<ScoredPassage[]>)[]) {
  const signals: AbortSignal[] = [];
  const backEnd: Retriever = {
    name: 'store',
    kind: 'lexical',
    retrieve: (_, signal) => {
      signals.push(signal);
      return (tries[signals.length - 1] ?? never)();
    },
    check: async () => undefined,
    close: async () => undefined,
  };
  return { signals, backEnd };
}

const ask = ({ backEnd }: { backEnd: Retriever }, afterMs: number, signal = new AbortController().signal) =>
  withHedging(backEnd, afterMs).retrieve(request, signal);

describe('hedged requests', () => {
  test('a quick answer is the only request', async () => {
    const store = setUp(async () => hit('first'));
    expect(await ask(store, 60_000)).toEqual(hit('first'));
    expect(store.signals).toHaveLength(1);
  });

  test('a slow one is asked again; the answer that comes first counts and the other request is cancelled', async () => {
    const store = setUp(never, async () => hit('second'));
    expect(await ask(store, 1)).toEqual(hit('second'));
    expect(store.signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test('one that fails counts only when both have', async () => {
    const down = new Error('down');
    const fail = () => Promise.reject(down);
    await expect(ask(setUp(fail), 60_000)).rejects.toBe(down);
    const later = () => new Promise<ScoredPassage[]>((resolve) => setTimeout(() => resolve(hit('first')), 30));
    expect(await ask(setUp(later, fail), 1)).toEqual(hit('first'));
  });

  test('a caller who leaves cancels both', async () => {
    const store = setUp(never, never);
    const controller = new AbortController();
    const asked = ask(store, 1, controller.signal);
    asked.catch(() => undefined);
    while (store.signals.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    controller.abort();
    expect(store.signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});
