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

describe('chunking: structure', () => {
  const limits = { targetWords: 8, maxWords: 12 };
  const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => `Row ${index} | ${index} bar`);
  /** A text put together from blocks, with the places of its headings and tables. */
  const block = fc.oneof(
    fc.record({
      kind: fc.constant('text' as const),
      lines: fc.array(fc.constantFrom('A short one.', 'Ein Satz für 北京。Und 🙂 שלום.', 'é́ word. Two. Three!'), {
        minLength: 1,
        maxLength: 5,
      }),
    }),
    fc.record({
      kind: fc.constant('heading' as const),
      level: fc.integer({ min: 1, max: 4 }),
      lines: fc.constantFrom(['Part'], ['The keys 琴键'], ['ملاحظات']),
    }),
    fc.record({ kind: fc.constant('table' as const), lines: fc.integer({ min: 2, max: 9 }).map(rowsOf) }),
  );
  const structured = fc.array(block, { maxLength: 12 }).map((blocks) => {
    let text = '';
    const headings: { start: number; end: number; level: number }[] = [];
    const tables: { start: number; end: number; headEnd: number }[] = [];
    for (const one of blocks) {
      if (text) text += '\n\n';
      const start = text.length;
      text += one.lines.join('\n');
      if (one.kind === 'heading') headings.push({ start, end: text.length, level: one.level });
      if (one.kind === 'table') tables.push({ start, end: text.length, headEnd: start + (one.lines[0]?.length ?? 0) });
    }
    return { text, structure: { headings, tables } };
  });

  test('whatever the structure and the overlap: slices of the text, whole rows, nothing left out', () => {
    fc.assert(
      fc.property(structured, fc.constantFrom(0, 3, 6), ({ text, structure }, overlapWords) => {
        const passages = chunkDocument(document('d', text), split, { ...limits, overlapWords }, structure);
        const starts = new Set(split(text).map(({ start }) => start));
        let covered = 0;
        for (const passage of passages) {
          expect(passage.text).toBe(text.slice(passage.start, passage.end));
          expect(text.slice(covered, passage.start).trim()).toBe('');
          expect(passage.end).toBeGreaterThan(covered);
          if (overlapWords === 0) expect(passage.start).toBeGreaterThanOrEqual(covered);
          expect(starts.has(passage.start)).toBe(true);
          expect(sizeInWords(passage.text)).toBeLessThanOrEqual(limits.maxWords + 1);
          expect(passage.text).toBe(passage.text.trim());
          for (const { start, end } of structure.tables) {
            const isInside = start < passage.end && passage.end < end;
            if (isInside) expect(text[passage.end]).toBe('\n');
          }
          covered = passage.end;
        }
        expect(text.slice(covered).trim()).toBe('');
      }),
      { numRuns: 150 },
    );
  });

  test('a passage knows the headings above it, and only those that are not in it', () => {
    const parts = ['Piano', 'Keys', sentence(9), sentence(9), 'Black keys', sentence(9), 'Pedals', sentence(9)];
    const text = parts.join('\n\n');
    const at = (line: string, level: number) => ({
      start: text.indexOf(line),
      end: text.indexOf(line) + line.length,
      level,
    });
    const headings = [at('Piano', 1), at('Keys', 2), at('Black keys', 3), at('Pedals', 2)];
    const source = document('d', text, { title: 'Piano' });
    const passages = chunkDocument(source, split, { targetWords: 10, maxWords: 14 }, { headings });
    expect(passages.map(({ text: own, headings: above }) => [own.split('\n')[0], above])).toEqual([
      ['Piano', undefined],
      [sentence(9), ['Keys']],
      ['Black keys', ['Keys']],
      ['Pedals', undefined],
    ]);
  });

  test('a table stays together; a longer one ends between rows, and its rest knows the columns', () => {
    const rows = ['Size | Price', ...rowsOf(8)];
    const text = `${sentence(6)}\n\n${rows.join('\n')}`;
    const start = text.indexOf('Size');
    const tables = [{ start, end: text.length, headEnd: start + 'Size | Price'.length }];
    const whole = chunkDocument(
      document('d', text),
      split,
      { targetWords: 30, maxWords: 60 },
      { headings: [], tables },
    );
    expect(whole.at(-1)?.text).toContain(rows.join('\n'));
    const cut = chunkDocument(document('d', text), split, { targetWords: 14, maxWords: 20 }, { headings: [], tables });
    const rest = cut.slice(1);
    expect(rest.length).toBeGreaterThan(0);
    for (const passage of rest.filter(({ text: own }) => !own.includes('Size'))) {
      expect(passage.text).toMatch(/^Row \d/);
      expect(passage.headings).toEqual(['Size | Price']);
    }
  });

  test('overlap: whole sentences of the passage before, never across a heading', () => {
    const numbered = (n: number) => `Sentence number ${n} has eight words in it.`;
    const text = [numbered(1), numbered(2), numbered(3)].join(' ');
    const options = { targetWords: 9, maxWords: 20, overlapWords: 8 };
    expect(texts(text, options)).toEqual([
      numbered(1),
      `${numbered(1)} ${numbered(2)}`,
      `${numbered(2)} ${numbered(3)}`,
    ]);
    const withHeading = `${numbered(1)}\n\nPart\n\n${numbered(2)} ${numbered(3)}`;
    const start = withHeading.indexOf('Part');
    const passages = chunkDocument(document('d', withHeading), split, options, {
      headings: [{ start, end: start + 4 }],
    });
    expect(passages[1]?.text.startsWith('Part')).toBe(true);
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
    const passages = chunkDocument(document('d', text), split, undefined, { headings: [{ start, end: start + 7 }] });
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
