import { expect, test } from 'vitest';
import { CONTENT_WEIGHT, weighted } from '../../src/retrieval/function-words.js';

test('words that say something stand there more often, the others once', () => {
  const { terms, scale } = weighted('who invented the piano and the harp');
  expect(scale).toBe(CONTENT_WEIGHT);
  const count = (word: string) => terms.split(' ').filter((one) => one === word).length;
  expect(['invented', 'piano', 'harp', 'who', 'and', 'the'].map(count)).toEqual([3, 3, 3, 1, 1, 2]);
});

test.each(['who was it', 'piano harp', 'klavier', '钢琴', ''])('one kind of words alone: %j is as it was', (terms) => {
  expect(weighted(terms)).toEqual({ terms, scale: 1 });
});
