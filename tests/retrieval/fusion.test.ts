import { expect, test } from 'vitest';
import { fuse } from '../../src/retrieval/fusion.js';
import type { ScoredPassage } from '../../src/types.js';
import { passage } from '../contracts/reranker.js';

const lexical = (...ids: string[]): ScoredPassage[] =>
  ids.map((id, index) => ({ passage: { ...passage(id), id }, bm25Score: 10 - index }));
const dense = (...ids: string[]): ScoredPassage[] =>
  ids.map((id, index) => ({ passage: { ...passage(id), id }, denseScore: 0.9 - index / 10 }));
const ids = (passages: ScoredPassage[]) => passages.map(({ passage: { id } }) => id);

test('sums of reciprocal ranks, with the scores of both lists', () => {
  // a: 1/61; b: 1/62 + 1/61; c: 1/63 + 1/62; d: 1/63
  const fused = fuse([lexical('a', 'b', 'c'), dense('b', 'c', 'd')]);
  expect(ids(fused)).toEqual(['b', 'c', 'a', 'd']);
  expect(fused.map(({ fusedScore }) => fusedScore)).toEqual([1 / 62 + 1 / 61, 1 / 63 + 1 / 62, 1 / 61, 1 / 63]);
  expect(fused[0]).toMatchObject({ bm25Score: 9, denseScore: 0.9 });
  expect(fused[2]).not.toHaveProperty('denseScore');
});

test('equal scores: passage id decides, whatever the order of the lists', () => {
  expect(ids(fuse([lexical('z'), dense('a')]))).toEqual(['a', 'z']);
  expect(ids(fuse([dense('a'), lexical('z')]))).toEqual(['a', 'z']);
});

test('k, one list, none, a passage twice in a list', () => {
  expect(fuse([lexical('a', 'b')], 1).map(({ fusedScore }) => fusedScore)).toEqual([1 / 2, 1 / 3]);
  expect(fuse([])).toEqual([]);
  expect(fuse([lexical('a', 'a', 'b')]).map(({ fusedScore }) => fusedScore)).toEqual([1 / 61, 1 / 63]);
});
