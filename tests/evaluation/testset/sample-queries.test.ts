import { describe, expect, it } from 'vitest';
import { countQueries, sampleLoggedQueries } from '../../../src/evaluation/testset/sample-queries.js';

const queries = [60, 20, 8, 4, 3, 2, 1, 1, 1].map((count, index) => ({ query: `q${index}`, count }));
const seeds = Array.from({ length: 2_000 }, (_, seed) => seed + 1);

describe('sampleLoggedQueries', () => {
  it.each(['frequency', 'uniform', 'stratified'] as const)('%s: each query is drawn as often as it says', (method) => {
    const drawn = new Map<string, number>();
    const chance = new Map<string, number>();
    let speaksForTraffic = 0;
    for (const seed of seeds) {
      const sample = sampleLoggedQueries(queries, { size: 4, method, seed });
      expect(sample).toHaveLength(4);
      expect(new Set(sample.map(({ query }) => query)).size).toBe(4);
      for (const { query, inclusionProbability, weight } of sample) {
        drawn.set(query, (drawn.get(query) ?? 0) + 1 / seeds.length);
        chance.set(query, inclusionProbability);
        // A measure that is 1 on every second query: its mean over the traffic is (60 + 8 + 3 + 1 + 1) / 100.
        if (Number(query.slice(1)) % 2 === 0) speaksForTraffic += weight / seeds.length;
      }
    }
    for (const [query, share] of drawn) expect(Math.abs(share - (chance.get(query) ?? 0))).toBeLessThan(0.035);
    expect([...chance.values()].reduce((sum, each) => sum + each, 0)).toBeCloseTo(4, 9);
    expect(speaksForTraffic).toBeCloseTo(0.73, 1);
  });

  it('by frequency: the large ones are certain, the others in proportion', () => {
    const chances = new Map<string, number>();
    for (const seed of seeds.slice(0, 200))
      for (const { query, inclusionProbability } of sampleLoggedQueries(queries, { size: 4, seed }))
        chances.set(query, inclusionProbability);
    expect(chances.get('q0')).toBe(1);
    expect(chances.get('q1')).toBe(1);
    expect(chances.get('q2')).toBeCloseTo((2 * 8) / 20, 12);
    expect(chances.get('q8')).toBeCloseTo((2 * 1) / 20, 12);
  });

  it('stratified: as many from each part of the traffic as it has', () => {
    const strata = sampleLoggedQueries(queries, { size: 6, method: 'stratified' }).map(({ stratum }) => stratum);
    expect(strata.filter((stratum) => stratum === 'head')).toHaveLength(1); // One query is 60 % of the traffic.
    expect(strata).toHaveLength(6);
  });

  it('is the same for a seed, and all there is for a large size', () => {
    expect(sampleLoggedQueries(queries, { size: 3, seed: 9 })).toEqual(
      sampleLoggedQueries(queries, { size: 3, seed: 9 }),
    );
    const all = sampleLoggedQueries(queries, { size: 100 });
    expect(all).toHaveLength(queries.length);
    expect(all.every(({ inclusionProbability }) => inclusionProbability === 1)).toBe(true);
    expect(all.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });
});

it('counts spellings of one query together', () => {
  const counted = countQueries([
    { query: 'Oslo  weather', count: 2 },
    { query: 'oslo weather', count: 3 },
    { query: ' ', count: 9 },
    { query: 'piano', count: 4 },
  ]);
  expect(counted).toEqual([
    { query: 'oslo weather', count: 5 },
    { query: 'piano', count: 4 },
  ]);
});
