import { describe, expect, it } from 'vitest';
import { fitIsotonic, isotonicValue, poolAdjacentViolators } from '../../src/reward/isotonic-regression.js';

const blocks = (values: number[]) => values.map((value, score) => ({ score, value, weight: 1 }));

describe('poolAdjacentViolators', () => {
  it.each([
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
    [[3, 2, 1], [2]],
    [
      [1, 3, 2, 4],
      [1, 2.5, 4],
    ],
    [
      [0, 1, 0, 1, 0, 1],
      [0, 0.5, 1],
    ],
    [[], []],
  ])('%j becomes %j', (values, pooled) => {
    expect(poolAdjacentViolators(blocks(values)).map(({ value }) => value)).toEqual(pooled);
  });

  it('weighs', () => {
    const pooled = poolAdjacentViolators([
      { score: 0.2, value: 0.9, weight: 1 },
      { score: 0.6, value: 0.1, weight: 3 },
    ]);
    expect(pooled).toEqual([{ score: expect.closeTo(0.5, 12), value: expect.closeTo(0.3, 12), weight: 4 }]);
  });
});

describe('fitIsotonic', () => {
  it('is the share of right ones in each bin, which counts its own score as one case more', () => {
    const cases = [0.1, 0.2, 0.3, 0.6, 0.7, 0.8].map((score, index) => ({
      score,
      right: index !== 0 && index !== 1 && index !== 4,
    }));
    const map = fitIsotonic(cases, 3);
    expect(map.scores).toEqual([expect.closeTo(0.2, 12), expect.closeTo(0.7, 12)]);
    expect(map.values).toEqual([expect.closeTo((1 + 0.2) / 4, 12), expect.closeTo((2 + 0.7) / 4, 12)]);
  });

  it('never falls and is never flat', () => {
    const cases = Array.from({ length: 500 }, (_, index) => ({
      score: index / 500,
      right: (index * 7919) % 500 < index,
    }));
    const map = fitIsotonic(cases);
    const values = Array.from({ length: 1001 }, (_, index) => isotonicValue(map, index / 1000));
    for (const [index, value] of values.slice(1).entries()) expect(value).toBeGreaterThan(values[index]!);
  });

  it('keeps cases of one score in one bin', () => {
    const map = fitIsotonic(Array.from({ length: 100 }, (_, index) => ({ score: 0.5, right: index < 30 })));
    expect(map.scores).toEqual([0.5]);
  });
});

describe('isotonicValue', () => {
  const map = { scores: [0.2, 0.6], values: [0.1, 0.5] };
  it.each([
    [0, 0],
    [0.1, 0.05],
    [0.2, 0.1],
    [0.4, 0.3],
    [0.8, 0.75],
    [1, 1],
    [-1, 0],
    [2, 1],
  ])('at %d is %d', (score, value) => {
    expect(isotonicValue(map, score)).toBeCloseTo(value, 12);
  });

  it('changes nothing without knots', () => {
    expect(isotonicValue({ scores: [], values: [] }, 0.37)).toBeCloseTo(0.37, 12);
  });
});
