import { expect, it } from 'vitest';
import { rerankHead } from '../../src/evaluation/rerank-depth.js';

const ranking = ['a', 'b', 'c', 'd', 'e'].map((documentId, index) => ({ documentId, score: 9 - index }));
const order = (documents: { documentId: string; score: number }[]) =>
  documents.map(({ documentId }) => documentId).join('');

it('orders the head by the new scores and leaves the rest behind it', () => {
  const scores = new Map([
    ['a', -2],
    ['b', 3],
    ['d', 100],
  ]);
  const reranked = rerankHead(ranking, scores, 3);
  expect(order(reranked)).toBe('bacde'); // c has no score, d is below the depth
  const values = reranked.map(({ score }) => score);
  expect(values).toEqual([3, -2, -3, -4, -5]);
});

it('keeps the order of equal scores, and of a head without scores', () => {
  const same = new Map([
    ['a', 1],
    ['b', 1],
    ['c', 1],
  ]);
  expect(order(rerankHead(ranking, same, 3))).toBe('abcde');
  expect(order(rerankHead(ranking, new Map(), 5))).toBe('abcde');
});
