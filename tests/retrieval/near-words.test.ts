import { expect, test } from 'vitest';
import { nearWords } from '../../src/retrieval/near-words.js';

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
