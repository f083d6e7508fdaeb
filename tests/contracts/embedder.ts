import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Embedder } from '../../src/retrieval/embedder.js';

const signal = new AbortController().signal;
const cosine = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()) =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

/** What every embedder does. */
export function testEmbedder(name: string, open: () => Promise<Embedder>): void {
  describe(`${name}: embedder`, () => {
    let embedder: Embedder;
    beforeAll(async () => {
      embedder = await open();
    });
    afterAll(() => embedder.close());

    test('unit vectors of the stated size, in the order of the input', async () => {
      const texts = ['Short.', 'A much longer text about the history of the piano and its makers.', 'Mid size text.'];
      const together = await embedder.embedQueries(texts, signal);
      expect(together).toHaveLength(3);
      for (const [index, vector] of together.entries()) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(embedder.dimensions);
        expect(cosine(vector, vector)).toBeCloseTo(1, 4);
        const [alone] = await embedder.embedQueries([texts[index] as string], signal);
        // Neighbours in a batch may move a quantised vector a little.
        expect(cosine(alone, vector)).toBeGreaterThan(0.97);
      }
    });

    test('passages: what is alike is nearer', async () => {
      const passages = [
        { title: 'Piano', text: 'The piano is a keyboard instrument.' },
        { title: '', text: 'Volcanoes are mountains that erupt lava.' },
      ];
      const [piano, volcano] = await embedder.embedPassages(passages, signal);
      const [query] = await embedder.embedQueries(['Which instrument is the piano?'], signal);
      expect(cosine(query, piano)).toBeGreaterThan(cosine(query, volcano));
    });

    test('no text, odd texts, too long a text', async () => {
      expect(await embedder.embedQueries([], signal)).toEqual([]);
      expect(await embedder.embedPassages([], signal)).toEqual([]);
      const odd = ['', ' ', '🙂', '\u0000', '北京', 'word '.repeat(3_000)];
      for (const vector of await embedder.embedQueries(odd, signal)) expect(vector.every(Number.isFinite)).toBe(true);
    });

    test('many texts at once', async () => {
      const texts = Array.from({ length: 70 }, (_, index) => `Number ${index} of many.`);
      const vectors = await embedder.embedQueries(texts, signal);
      const [last] = await embedder.embedQueries([texts[69] as string], signal);
      expect(vectors).toHaveLength(70);
      expect(cosine(vectors[69], last)).toBeGreaterThan(0.97);
    });

    test('an aborted call is not answered', async () => {
      await expect(embedder.embedQueries(['text'], AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    });
  });
}
