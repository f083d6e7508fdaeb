import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DocumentScorer } from '../../src/ranking/document-scorer.js';

const signal = new AbortController().signal;
const documents = [
  'Nothing of it.',
  'The river is the Rhine.',
  '🙂 北京',
  'The river is the Rhine.',
  'x '.repeat(300),
].map((text, index) => ({ id: `d${index}`, title: index === 0 ? 'A title' : '', text }));

/** What every scorer does. */
export function testDocumentScorer(name: string, open: () => Promise<DocumentScorer>): void {
  describe(`${name}: document scorer`, () => {
    let scorer: DocumentScorer;
    beforeAll(async () => {
      scorer = await open();
    });
    afterAll(() => scorer.close());

    test('a finite score for each document, in their order; the same again', async () => {
      const scores = await scorer.score('which river', documents, signal);
      expect(scores).toHaveLength(documents.length);
      for (const score of scores) expect(score).toSatisfy(Number.isFinite);
      expect(scores[1]).toBeCloseTo(scores[3]!, 4);
      const again = await scorer.score('which river', documents, signal);
      for (const [index, score] of again.entries()) expect(score).toBeCloseTo(scores[index]!, 4);
    });

    test('a pointwise one gives each document its score alone too', async ({ skip }) => {
      if (!scorer.pointwise) skip('this scorer looks at the list');
      const scores = await scorer.score('which river', documents, signal);
      const [alone] = await scorer.score('which river', documents.slice(1, 2), signal);
      expect(alone).toBeCloseTo(scores[1]!, 4);
    });

    test('no document', async () => {
      expect(await scorer.score('q', [], signal)).toEqual([]);
    });

    test('an aborted call is not answered, and the next one is', async () => {
      await expect(scorer.score('q', documents, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
      expect(await scorer.score('q', documents.slice(0, 1), signal)).toHaveLength(1);
    });
  });
}
