import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reranker } from '../../src/ranking/reranker.js';
import type { Passage, Query } from '../../src/types.js';

const signal = new AbortController().signal;
const query: Query = { text: 'where is the river', access: { tenant: 'default', groups: [] } };

export const passage = (text: string, title = ''): Passage => ({
  id: text.slice(0, 8),
  documentId: 'd',
  tenant: 'default',
  title,
  url: '',
  text,
  start: 0,
  end: text.length,
  sentences: [{ start: 0, end: text.length }],
  acl: [],
  metadata: {},
});

/** What every reranker does. */
export function testReranker(name: string, open: () => Promise<Reranker>): void {
  describe(`${name}: reranker`, () => {
    let reranker: Reranker;
    beforeAll(async () => {
      reranker = await open();
    });
    afterAll(() => reranker.close());

    const texts = [
      'Nothing of it.',
      'The river is the Rhine.',
      'The',
      'The river is the Rhine.',
      '',
      '🙂 北京',
      'x '.repeat(900),
    ];
    const rerank = (ask = signal) => reranker.rerank({ query, passages: texts.map((text) => passage(text)) }, ask);

    test('each passage once', async () => {
      const ranked = await rerank();
      expect(ranked.map(({ index }) => index).sort()).toEqual(texts.map((_, index) => index));
    });

    test('equal passages keep their order, and the same request gives the same order', async () => {
      const order = (await rerank()).map(({ index }) => index);
      expect(order.indexOf(1)).toBeLessThan(order.indexOf(3));
      expect((await rerank()).map(({ index }) => index)).toEqual(order);
    });

    test('the score is a probability and rises with the logit', async () => {
      const ranked = [...(await rerank())].sort((a, b) => a.relevanceLogit - b.relevanceLogit);
      const scores = ranked.map(({ relevanceScore }) => relevanceScore);
      expect(scores).toEqual([...scores].sort((a, b) => a - b));
      for (const score of scores) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }
    });

    test('no passage', async () => {
      expect(await reranker.rerank({ query, passages: [] }, signal)).toEqual([]);
    });

    test('an aborted call is not answered', async () => {
      await expect(rerank(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    });
  });
}
