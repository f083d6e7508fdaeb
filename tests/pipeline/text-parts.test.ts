import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textParts } from '../../src/pipeline/text-parts.js';

describe('textParts', () => {
  it('keeps a short text as it is', () => {
    expect(textParts(' a  b\nc ', 4, 3)).toEqual([' a  b\nc ']);
    expect(textParts('', 4)).toEqual(['']);
  });

  it('cuts a longer one; the last part reaches back', () => {
    expect(textParts('a b c d e f g', 4, 3)).toEqual(['a b c', 'd e f', 'e f g']);
    expect(textParts('a b c d e f g', 2, 3)).toEqual(['a b c', 'd e f']);
    expect(textParts('a b\n c  d', 4, 2)).toEqual(['a b', 'c  d']);
  });

  it('has every word in some part, when there may be enough parts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', '\n'), maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (text, words) => {
          const split = (some: string) => some.split(/\s+/).filter(Boolean);
          const parts = textParts(text, 100, words);
          const whole = split(text);
          const covered = new Set<number>();
          for (const [part, own] of parts.entries()) {
            const from = Math.min(part * words, Math.max(0, whole.length - words));
            expect(split(own)).toEqual(whole.slice(from, from + words));
            for (let at = from; at < from + words; at++) covered.add(at);
          }
          for (const at of whole.keys()) expect(covered.has(at)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});
