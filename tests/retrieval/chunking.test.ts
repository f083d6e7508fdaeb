import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkDocument } from '../../src/retrieval/chunking.js';
import { sizeInWords } from '../../src/retrieval/text-size.js';
import { document, split } from '../contracts/back-end.js';

const words = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `word${(from + index) % 10}`);
const sentence = (count: number) => `The ${words(count - 1).join(' ')}.`;
const texts = (text: string, options?: Parameters<typeof chunkDocument>[2]) =>
  chunkDocument(document('d', text), split, options).map((passage) => passage.text);

describe('chunking: what holds of every text', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom(
      '. ',
      '! ',
      '。',
      '\n',
      '\n\n',
      ' ',
      '🙂',
      '\r\n',
      '\ud83d',
      'e.g. ',
      'A sentence of some words. ',
      '北京是首都',
    ),
    fc.nat({ max: 400 }).map((count) => `${words(count).join(' ')}. `),
    fc.nat({ max: 900 }).map((count) => 'x'.repeat(count)),
  );
  const anyText = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
  const sizes = fc.constantFrom({ targetWords: 100, maxWords: 160 }, { targetWords: 8, maxWords: 12 });

  test('offsets, order, sentences, sizes', () => {
    fc.assert(
      fc.property(anyText, sizes, (text, options) => {
        const passages = chunkDocument(document('d', text), split, options);
        let end = 0;
        let left = '';
        for (const [ordinal, passage] of passages.entries()) {
          expect(passage.id).toBe(`d#${ordinal}`);
          expect(passage.text).toBe(text.slice(passage.start, passage.end));
          expect(passage.start).toBeGreaterThanOrEqual(end);
          left += text.slice(end, passage.start);
          end = passage.end;
          expect(sizeInWords(passage.text)).toBeLessThanOrEqual(options.maxWords + 1);
          expect(passage.sentences[0]?.start).toBe(0);
          expect(passage.sentences.at(-1)?.end).toBe(passage.text.length);
          for (const [index, one] of passage.sentences.entries()) {
            expect(one.start).toBeLessThan(one.end);
            expect(one.start).toBeGreaterThanOrEqual(passage.sentences[index - 1]?.end ?? 0);
          }
        }
        left += text.slice(end);
        expect(left.trim()).toBe('');
      }),
      { numRuns: 300 },
    );
  });

  test('a sentence has the same number in its passage as the splitter gives it there', () => {
    const short = fc.array(
      fc.constantFrom('A word. ', 'Dr. No said so. ', 'Is it? ', '3.5 of U.S. money. ', '好。', '\n', 'Heading\n\n'),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(short, (pieces) => {
        for (const passage of chunkDocument(document('d', pieces.join('')), split, { targetWords: 8, maxWords: 12 })) {
          expect(split(passage.text)).toEqual(passage.sentences);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('chunking: where passages end', () => {
  test('a document up to the largest size stays whole', () => {
    const text = `${sentence(75)}\n\n${sentence(75)}`;
    expect(texts(text)).toEqual([text]);
  });

  test('a longer one is divided evenly, not into a full passage and a rest', () => {
    const text = Array.from({ length: 18 }, () => sentence(10)).join(' ');
    expect(texts(text).map((passage) => split(passage).length)).toEqual([9, 9]);
  });

  test('rather between paragraphs than inside one', () => {
    const paragraphs = [80, 110, 90].map((count) => Array.from({ length: count / 10 }, () => sentence(10)).join(' '));
    expect(texts(paragraphs.join('\n'))).toEqual(paragraphs);
  });

  test('a heading stays with what follows', () => {
    const [first, second] = [sentence(95), sentence(95)];
    const text = `${first}\n\nHeading\n\n${second}`;
    const start = text.indexOf('Heading');
    const passages = chunkDocument(document('d', text), split, undefined, [{ start, end: start + 7 }]);
    expect(passages.map((passage) => passage.text)).toEqual([first, `Heading\n\n${second}`]);
  });

  test('an over-long sentence is cut between words, a word without end anywhere', () => {
    const parts = texts(sentence(400));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.join(' ')).toBe(sentence(400));
    const [long, ...rest] = texts('🙂'.repeat(2_000));
    expect(long).toMatch(/^(?:🙂)+$/u);
    expect(rest.length).toBeGreaterThan(2);
  });

  test('blank text has no passage', () => {
    expect(texts('')).toEqual([]);
    expect(texts(' \n\t ')).toEqual([]);
  });

  test('what is inherited from the document', () => {
    const source = document('d', 'Text.', {
      title: 'T',
      url: 'u',
      language: 'en',
      date: '2024',
      acl: ['a'],
      metadata: { k: 1 },
    });
    expect(chunkDocument(source, split)[0]).toMatchObject({
      documentId: 'd',
      tenant: 'default',
      title: 'T',
      url: 'u',
      language: 'en',
      date: '2024',
      acl: ['a'],
      metadata: { k: 1 },
    });
  });
});
