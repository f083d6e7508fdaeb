import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { HybridRetriever } from '../../src/retrieval/hybrid-retriever.js';
import type { RetrievalRequest, Retriever } from '../../src/retrieval/retriever.js';
import type { Query, ScoredPassage } from '../../src/types.js';
import { passage } from '../contracts/reranker.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

const query: Query = { text: 'piano', access: { tenant: 'default', groups: ['staff'] } };
const signal = new AbortController().signal;

const hit = (id: string, kind: Retriever['kind'], acl: string[] = []): ScoredPassage => ({
  passage: { ...passage('text'), id, acl },
  ...(kind === 'lexical' ? { bm25Score: 1 } : { denseScore: 0.5 }),
});

function retriever(
  kind: Retriever['kind'],
  answer: (request: RetrievalRequest, signal: AbortSignal) => Promise<ScoredPassage[]>,
): Retriever {
  return { name: `fake-${kind}`, kind, retrieve: answer, check: async () => undefined, close: async () => undefined };
}

const gives = (kind: Retriever['kind'], ...ids: string[]) =>
  retriever(kind, async () => ids.map((id) => hit(id, kind)));
const fails = (kind: Retriever['kind'], error: unknown) => retriever(kind, () => Promise.reject(error));
const never = (kind: Retriever['kind']) => retriever(kind, () => new Promise(() => undefined));
const hybrid = (retrievers: Retriever[], more = {}) =>
  new HybridRetriever({ retrievers, embedder: new WordEmbedder(), ...more });

describe('hybrid retriever', () => {
  test('both are asked at once, the dense one with the vector of the query', async () => {
    const asked: string[] = [];
    let release = () => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    const waits = (kind: Retriever['kind']) =>
      retriever(kind, async ({ queryVector }) => {
        asked.push(`${kind} ${queryVector?.length ?? 'none'}`);
        if (asked.length === 2) release();
        await both;
        return [hit(kind, kind), hit('shared', kind)];
      });
    const result = await hybrid([waits('lexical'), waits('dense')]).retrieve(query, 2, signal);
    expect(asked.sort()).toEqual(['dense 64', 'lexical none']);
    expect(result.degraded).toEqual([]);
    expect(result.passages.map(({ passage: { id } }) => id)).toEqual(['shared', 'dense']);
    expect(result.passages[0]).toMatchObject({ bm25Score: 1, denseScore: 0.5, fusedScore: 2 / 62 });
  });

  test.each([
    ['fails', fails('dense', new Error('down'))],
    ['is late and does not listen', never('dense')],
    ['gives a passage of another group', retriever('dense', async () => [hit('x', 'dense', ['board'])])],
    ['gives no number', retriever('dense', async () => [{ ...hit('x', 'dense'), denseScore: Number.NaN }])],
  ])('one that %s costs recall only', async (_, broken) => {
    const result = await hybrid([gives('lexical', 'a'), broken], { timeoutMs: 50 }).retrieve(query, 10, signal);
    expect(result.passages.map(({ passage: { id } }) => id)).toEqual(['a']);
    expect(result.degraded).toEqual(['dense']);
    expect(result.failures).toMatchObject([{ name: 'fake-dense', kind: 'dense' }]);
  });

  test('a query that cannot be embedded is still searched by words', async () => {
    const embedder = new WordEmbedder();
    embedder.embedQueries = () => Promise.reject(new ServiceError('overloaded'));
    const retrievers = [gives('lexical', 'a'), gives('dense', 'b')];
    for (const one of [embedder, null]) {
      const result = await hybrid(retrievers, { embedder: one }).retrieve(query, 10, signal);
      expect(result).toMatchObject({
        degraded: ['dense'],
        failures: [{ code: one ? 'overloaded' : 'retrieval-unavailable' }],
        passages: [{ passage: { id: 'a' } }],
      });
    }
  });

  test('nothing found is no failure', async () => {
    expect(await hybrid([gives('lexical'), gives('dense')]).retrieve(query, 10, signal)).toEqual({
      passages: [],
      degraded: [],
    });
  });

  test('all fail', async () => {
    const missing = new ServiceError('index-missing');
    const retrieve = (...errors: unknown[]) =>
      hybrid([fails('lexical', errors[0]), fails('dense', errors[1])]).retrieve(query, 10, signal);
    await expect(retrieve(new Error('a'), new Error('b'))).rejects.toMatchObject({
      code: 'retrieval-unavailable',
      cause: expect.objectContaining({ message: 'a; b' }),
    });
    await expect(retrieve(missing, new Error('b'))).rejects.toMatchObject({ code: 'retrieval-unavailable' });
    await expect(retrieve(missing, missing)).rejects.toMatchObject({ code: 'index-missing' });
    const late = hybrid([never('lexical'), never('dense')], { timeoutMs: 20 });
    await expect(late.retrieve(query, 10, signal)).rejects.toMatchObject({ code: 'retrieval-unavailable' });
  });

  test('a cancelled request cancels the back ends', async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    const listens = retriever('lexical', (_, inner) => {
      seen = inner;
      return new Promise(() => undefined);
    });
    const asked = hybrid([listens]).retrieve(query, 10, controller.signal);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen?.aborted).toBe(true);
    await expect(hybrid([listens]).retrieve(query, 10, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
