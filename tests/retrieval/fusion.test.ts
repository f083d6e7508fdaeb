import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fuseRankings } from '../../src/evaluation/fusion/fuse-runs.js';
import {
  type FusionSettings,
  fuse,
  fuseInStages,
  type RankedList,
  readFusionSettings,
} from '../../src/retrieval/fusion.js';
import type { ScoredPassage } from '../../src/types.js';
import { passage } from '../contracts/reranker.js';

const lexical = (...ids: string[]): RankedList => ({
  kind: 'lexical',
  passages: ids.map((id, index) => ({ passage: { ...passage(id), id }, bm25Score: 10 - index })),
});
const dense = (...ids: string[]): RankedList => ({
  kind: 'dense',
  passages: ids.map((id, index) => ({ passage: { ...passage(id), id }, denseScore: 0.9 - index / 10 })),
});
const ids = (passages: ScoredPassage[]) => passages.map(({ passage: { id } }) => id);
const rrf = (k: number, weights = { lexical: 1, dense: 1 }): FusionSettings => ({ method: 'rrf', k, weights });

describe('reciprocal ranks', () => {
  test('are added, with the scores of both lists', () => {
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

  test('k, weights, one list, none, a passage twice in a list', () => {
    expect(fuse([lexical('a', 'b')], rrf(1)).map(({ fusedScore }) => fusedScore)).toEqual([1 / 2, 1 / 3]);
    expect(ids(fuse([lexical('a'), dense('b')], rrf(60, { lexical: 0.4, dense: 0.6 })))).toEqual(['b', 'a']);
    expect(fuse([])).toEqual([]);
    expect(fuse([lexical('a', 'a', 'b')]).map(({ fusedScore }) => fusedScore)).toEqual([1 / 61, 1 / 63]);
  });
});

describe('in stages', () => {
  test('a longer result begins with the shorter one', () => {
    // x is third in both lists, which makes it the best of all; cut to two they do not have it.
    const lists = [lexical('a', 'b', 'x', 'e'), dense('c', 'd', 'x')];
    expect(ids(fuse(lists))).toEqual(['x', 'a', 'c', 'b', 'd', 'e']);
    expect(ids(fuseInStages(lists, [2, 9]))).toEqual(['a', 'c', 'x', 'b', 'd', 'e']);
    const short = fuseInStages(lists, [2]);
    for (const limits of [
      [2, 4],
      [2, 4, 9],
      [2, 9],
    ]) {
      const found = fuseInStages(lists, limits);
      expect(found.slice(0, 2)).toEqual(short);
      expect(found).toHaveLength(Math.min(6, limits.at(-1) ?? 0));
      expect(new Set(ids(found)).size).toBe(found.length);
    }
    expect(fuseInStages(lists, [9])).toEqual(fuse(lists));
    expect(fuseInStages([], [2, 4])).toEqual([]);
  });
});

describe('weighted, normalised scores', () => {
  const settings = (normalisation: 'min-max' | 'z-score'): FusionSettings => ({
    method: 'comb-sum',
    normalisation,
    weights: { lexical: 0.25, dense: 0.75 },
  });

  test('min-max: the best of a list is 1, the worst 0', () => {
    // lexical a 1, b 0.5, c 0; dense c 1, a 0
    const fused = fuse([lexical('a', 'b', 'c'), dense('c', 'a')], settings('min-max'));
    expect(fused.map(({ passage: { id }, fusedScore }) => [id, fusedScore])).toEqual([
      ['c', 0.75],
      ['a', 0.25],
      ['b', 0.125],
    ]);
    expect(fuse([lexical('a')], settings('min-max'))[0]?.fusedScore).toBe(0.25);
  });

  test.each(['min-max', 'z-score'] as const)('%s is what was tuned', (normalisation) => {
    const lists = [lexical('a', 'b', 'c', 'd'), dense('d', 'e', 'b')];
    const rankings = lists.map(({ passages }) =>
      passages.map(({ passage: { id }, bm25Score, denseScore }) => ({
        documentId: id,
        score: bm25Score ?? denseScore ?? 0,
      })),
    );
    const tuned = fuseRankings(rankings, { method: 'comb-sum', normalisation, weights: [0.25, 0.75] });
    const served = fuse(lists, settings(normalisation));
    expect(ids(served)).toEqual(tuned.map(({ documentId }) => documentId));
    for (const [place, { score }] of tuned.entries()) expect(served[place]?.fusedScore).toBeCloseTo(score, 12);
  });
});

describe('the settings of candor tune', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'candor-fusion-'));
  afterAll(() => rm(dir, { recursive: true }));
  const path = join(dir, 'fusion.json');

  test('are read', async () => {
    await writeFile(path, JSON.stringify({ ...rrf(10), fit: { measure: 'nDCG@10' } }));
    expect(await readFusionSettings(path)).toEqual(rrf(10));
  });

  test.each([
    ['no JSON', '{'],
    ['another method', '{"method": "borda"}'],
    ['no weight above 0', JSON.stringify(rrf(60, { lexical: 0, dense: 0 }))],
  ])('%s is refused, naming the file', async (_, content) => {
    await writeFile(path, content);
    await expect(readFusionSettings(path)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining(path),
    });
  });
});
