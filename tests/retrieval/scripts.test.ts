import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { makeSnippet, queryTerms as snippetTerms } from '../../src/ranking/snippets.js';
import { chunkDocument } from '../../src/retrieval/chunking.js';
import { EmbeddedIndex } from '../../src/retrieval/drivers/embedded.js';
import { indexTerms, queryTerms } from '../../src/retrieval/search-terms.js';
import { document, find, put, split } from '../contracts/back-end.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

const root = await mkdtemp(join(tmpdir(), 'candor-scripts-'));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Words of many scripts: right-to-left, combining marks, emoji in several code points, full width, no spaces. */
const WORDS = [
  'piano',
  'é́tude',
  'Ärger',
  '北京',
  '首都钢琴',
  'ピアノ',
  '피아노',
  'שָׁלוֹם',
  'مرحبا',
  'हिन्दी',
  'ไทย',
  '👩‍👩‍👧',
  '🇫🇷',
  'Ｐｉａｎｏ',
  '\u202eabc\u202c',
  'I\u0307stanbul',
];
const text = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(' ', '. ', '。', ', ', '\n', '؟ ')), {
    minLength: 1,
    maxLength: 60,
  })
  .map((parts) => parts.flat().join(''))
  .filter((one) => one.trim() !== '');

/** Cut in the middle of a character, a text has half of a surrogate pair at its edge. */
const isWhole = (one: string) => !/\p{Cs}/u.test(one);

describe('mixed scripts', () => {
  test('passages, sentences, snippets and highlights are whole characters of the text', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...WORDS), fc.integer({ min: 1, max: 60 }), (content, query, limit) => {
        for (const passage of chunkDocument(document('d', content), split, { targetWords: 8, maxWords: 12 })) {
          expect(content.slice(passage.start, passage.end)).toBe(passage.text);
          expect(isWhole(passage.text)).toBe(true);
          for (const { start, end } of passage.sentences) expect(isWhole(passage.text.slice(start, end))).toBe(true);
          const { snippet, highlights } = makeSnippet(passage, snippetTerms(query), limit);
          let last = 0;
          for (const { start, end } of highlights) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            expect(end).toBeLessThanOrEqual(snippet.length);
            expect(isWhole(snippet.slice(start, end))).toBe(true);
            last = end;
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('what a text is asked for in is among the terms it is found by', () => {
    fc.assert(
      fc.property(text, (content) => {
        const indexed = new Set(indexTerms(content).split(' '));
        for (const term of queryTerms(content).split(' ').filter(Boolean)) expect(indexed.has(term)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('each word of each script finds its document', async () => {
    const embedder = new WordEmbedder();
    const index = new EmbeddedIndex({ dir: root, embedder });
    const words = WORDS.filter((word) => queryTerms(word) !== '');
    await put(
      { indexer: index, retrievers: [] },
      embedder,
      ...words.map((word, at) => document(`d${at}`, `${word} ${'xyz '.repeat(at % 3)}`)),
    );
    for (const [at, word] of words.entries()) {
      expect(await find(index.lexicalRetriever(), embedder, word, { limit: 20 })).toContain(`d${at}#0`);
    }
    await index.close();
  });
});
