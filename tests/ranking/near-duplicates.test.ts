import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diversify } from '../../src/ranking/diversity.js';
import { withoutNearDuplicates } from '../../src/ranking/near-duplicates.js';
import { preferRecent } from '../../src/ranking/recency.js';
import type { ScoredPassage } from '../../src/types.js';
import { passage, scored } from '../pipeline/fakes.js';

const words = (from: number, count: number) => Array.from({ length: count }, (_, at) => `word${from + at}`).join(' ');
const ids = (passages: readonly ScoredPassage[]) => passages.map(({ passage: one }) => one.documentId);

describe('near-duplicates', () => {
  test('ten copies of a page with small changes are one hit, and what differs stays', () => {
    const copies = Array.from({ length: 10 }, (_, at) => passage(`copy${at}`, `${words(0, 100)} page ${at}`));
    const others = [passage('half', `${words(0, 50)} ${words(500, 50)}`), passage('other', words(900, 100))];
    const { kept, left } = withoutNearDuplicates(scored([...copies, ...others]));
    expect(ids(kept)).toEqual(['copy0', 'half', 'other']);
    expect([...left]).toEqual([['copy0#0', 9]]);
  });

  test('short texts, scripts without spaces, letter case', () => {
    const same = ['Closed on Monday.', 'closed on monday', '北京是中国的首都。', '北京是中国的首都', 'Open on Monday.'];
    const { kept } = withoutNearDuplicates(scored(same.map((text, at) => passage(`d${at}`, text))));
    expect(ids(kept)).toEqual(['d0', 'd2', 'd4']);
  });

  test('whatever the texts: equal ones are one, and each that is left out is counted once', () => {
    const text = fc.oneof(fc.constantFrom('a b c d e', 'שלום 🙂', ''), fc.string({ unit: 'grapheme', maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (texts) => {
        const passages = scored(texts.map((one, at) => passage(`d${at}`, one)));
        const { kept, left } = withoutNearDuplicates(passages);
        expect(kept.length + [...left.values()].reduce((sum, count) => sum + count, 0)).toBe(texts.length);
        expect(new Set(kept.map(({ passage: one }) => one.text)).size).toBe(kept.length);
        expect(passages.filter((one) => kept.includes(one))).toEqual(kept);
      }),
      { numRuns: 200 },
    );
  });

  test('every pair well above the threshold is found, whatever its texts', () => {
    for (let trial = 0; trial < 50; trial++) {
      const text = words(trial * 1_000, 120);
      const changed = `${text.split(' ').slice(0, 114).join(' ')} ${words(trial * 1_000 + 500, 6)}`;
      expect(withoutNearDuplicates(scored([passage('a', text), passage('b', changed)])).kept).toHaveLength(1);
    }
  });
});

describe('diversity', () => {
  const found = scored([
    passage('piano1', 'The grand piano has strings and hammers.'),
    passage('piano2', 'The grand piano has strings and also hammers.'),
    passage('piano3', 'A grand piano with hammers, strings.'),
    passage('harp', 'The harp is plucked by hand.'),
  ]);

  test('0 leaves the order alone; more brings up what is different', () => {
    expect(ids(diversify(found, 0))).toEqual(['piano1', 'piano2', 'piano3', 'harp']);
    expect(ids(diversify(found, 0.5)).slice(0, 2)).toEqual(['piano1', 'harp']);
    expect(ids(diversify(found, 1))[1]).toBe('harp');
  });

  test('nothing is lost or added, and the first stays first', () => {
    const text = fc.array(fc.constantFrom('piano', 'harp', 'organ', '🙂', '北京'), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (texts, diversity) => {
          const passages = scored(texts.map((own, at) => passage(`d${at}`, own.join(' '))));
          const order = diversify(passages, diversity);
          expect(new Set(order)).toEqual(new Set(passages));
          expect(order).toHaveLength(passages.length);
          expect(order[0]).toBe(passages[0]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('recency', () => {
  const dated = (documentId: string, date?: string) => ({ ...passage(documentId, 'Text.'), ...(date && { date }) });
  const found = scored([
    dated('old', '2019-01-01'),
    dated('none'),
    dated('new', '2026-01-01'),
    dated('week', '2025-12-24'),
  ]);

  test('only where a query speaks of time; date and relevance both count, the wanted days most', () => {
    expect(ids(preferRecent(found, { prefersNewer: false }))).toEqual(['old', 'none', 'new', 'week']);
    expect(ids(preferRecent(found, { prefersNewer: true }))).toEqual(['new', 'old', 'week', 'none']);
    const wish = { prefersNewer: true, preferredFrom: '2025-12-22', preferredTo: '2025-12-28' };
    expect(ids(preferRecent(found, wish))[0]).toBe('week');
  });
});
