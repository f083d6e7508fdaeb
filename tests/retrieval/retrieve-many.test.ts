import { expect, test } from 'vitest';
import { withCircuitBreaker } from '../../src/retrieval/circuit-breaker.js';
import { retrieveMany } from '../../src/retrieval/retrieve-many.js';
import type { RetrievalRequest, Retriever } from '../../src/retrieval/retriever.js';
import type { ScoredPassage } from '../../src/types.js';
import { passage } from '../contracts/reranker.js';

const signal = new AbortController().signal;
const request = (text: string, limit: number): RetrievalRequest => ({
  query: { text, access: { tenant: 'default', groups: [] } },
  limit,
});
const found = ({ query }: RetrievalRequest): ScoredPassage[] => [{ passage: passage(query.text), denseScore: 1 }];
const texts = (all: ScoredPassage[][]) => all.map(([one]) => one?.passage.text);

/** Tells how many requests came with each call. */
function recording(more: Partial<Retriever> = {}) {
  const calls: number[] = [];
  const retriever: Retriever = {
    name: 'fake',
    kind: 'dense',
    async retrieve(one) {
      calls.push(1);
      return found(one);
    },
    check: async () => undefined,
    close: async () => undefined,
    ...more,
  };
  const many: Retriever['retrieveMany'] = async (requests) => {
    calls.push(requests.length);
    return requests.map(found);
  };
  return { calls, retriever, batching: { ...retriever, retrieveMany: many } };
}

test('a back end that takes one query at a time gets one after the other', async () => {
  const { calls, retriever } = recording();
  expect(
    texts(
      await retrieveMany(
        retriever,
        ['a', 'b', 'c'].map((text) => request(text, 10)),
        signal,
      ),
    ),
  ).toEqual(['a', 'b', 'c']);
  expect(calls).toEqual([1, 1, 1]);
});

test.each([
  [100, 60, [50, 10]],
  [1_000, 12, [5, 5, 2]],
  [9_000, 2, [1, 1]],
  [10, 0, []],
])(
  '%i passages each: so many of %i queries at once as fit into memory, in their order',
  async (limit, count, sizes) => {
    const { calls, batching } = recording();
    const asked = Array.from({ length: count }, (_, index) => request(`q${index}`, limit));
    const all = await retrieveMany(withCircuitBreaker(batching), asked, signal);
    expect(texts(all)).toEqual(asked.map(({ query }) => query.text));
    expect(calls).toEqual(sizes);
  },
);

test('a call for many counts as one of the back end for its circuit', async () => {
  const down = async () => {
    throw new Error('down');
  };
  const { calls, batching } = recording();
  const guarded = withCircuitBreaker({ ...batching, retrieveMany: down }, { failures: 2 });
  for (const message of ['down', 'down', 'failed 2 times']) {
    await expect(retrieveMany(guarded, [request('a', 10)], signal)).rejects.toThrow(message);
  }
  await expect(guarded.retrieve(request('a', 10), signal)).rejects.toThrow('failed 2 times');
  expect(calls).toEqual([]);
  expect(withCircuitBreaker(recording().retriever)).not.toHaveProperty('retrieveMany');
});
