import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance } from '../../src/edit-distance.js';
import { nearWords, oneEditAway } from '../../src/retrieval/near-words.js';

test('near words: the nearest first, with the same beginning, not more than asked for', () => {
  const known = ['pint', 'piano', 'paint', 'giano', 'pian', 'organ'];
  // Edits to `paino`: piano 1 (neighbours exchanged), paint 1, pint and pian 2.
  const nearness = { fuzziness: 2, prefixLength: 1, limit: 10 };
  expect(nearWords(['paino'], known, nearness)).toEqual(['piano', 'paint', 'pint', 'pian']);
  expect(nearWords(['paino'], known, { ...nearness, limit: 1 })).toEqual(['piano']);
  expect(nearWords(['paino', 'orgna'], known, { ...nearness, fuzziness: 1 })).toEqual(['piano', 'paint', 'organ']);
  expect(nearWords(['paino'], known, { ...nearness, prefixLength: 2 })).toEqual(['paint']);
  expect(nearWords([], known, nearness)).toEqual([]);
});

test('one edit away: every such word with the same first letter, and nothing else', () => {
  expect(oneEditAway('durationm')).toContain('duration');
  for (const word of ['world', 'word', 'wordle', 'wordn', 'words', 'wodrl'])
    expect(oneEditAway('wordl')).toContain(word);
  expect(oneEditAway('é')).toContain('éé');
  expect(oneEditAway('')).toEqual([]);
  expect(oneEditAway('x'.repeat(33))).toEqual([]);
  const letter = fc.constantFrom('a', 'b', 'c');
  const word = fc.string({ unit: letter, minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(word, word, (one, other) => {
      const isNear = one[0] === other[0] && editDistance(one, other, 1) === 1;
      expect(oneEditAway(one).includes(other)).toBe(isNear);
    }),
  );
});
