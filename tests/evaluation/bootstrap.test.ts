import { describe, expect, it } from 'vitest';
import { bootstrap, meanOf } from '../../src/evaluation/bootstrap.js';
import { seededRandom, shuffled } from '../../src/evaluation/random.js';

const mean = meanOf((value: number) => value);

describe('bootstrap', () => {
  const coins = Array.from({ length: 400 }, (_, index) => (index % 4 === 0 ? 0 : 1));

  it('gives the interval that theory gives', () => {
    const { share } = bootstrap(coins, { share: mean });
    const half = 1.96 * Math.sqrt((0.75 * 0.25) / 400);
    expect(share.value).toBe(0.75);
    expect(share.low).toBeCloseTo(0.75 - half, 1.9);
    expect(share.high).toBeCloseTo(0.75 + half, 1.9);
  });

  it('is the same for the same seed', () => {
    expect(bootstrap(coins, { mean }, { seed: 3 })).toEqual(bootstrap(coins, { mean }, { seed: 3 }));
    expect(bootstrap(coins, { mean }, { seed: 3 })).not.toEqual(bootstrap(coins, { mean }, { seed: 4 }));
  });

  it('pairs: a constant difference has no spread', () => {
    const pairs = coins.map((coin) => ({ a: coin + 0.5, b: coin }));
    expect(bootstrap(pairs, { gain: meanOf(({ a, b }) => a - b) }).gain).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
  });

  it('keeps the order of the items in every resample', () => {
    const sorted = (sample: readonly number[]) => Number(sample.every((value, i) => value >= (sample[i - 1] ?? 0)));
    expect(bootstrap([1, 2, 3, 4, 5], { sorted }).sorted).toEqual({ value: 1, low: 1, high: 1 });
  });

  it('has nothing to say where the measure has not', () => {
    expect(bootstrap([], { mean })).toEqual({ mean: { value: null, low: null, high: null } });
    expect(bootstrap([1, 2], { none: () => null }).none.value).toBeNull();
  });
});

it('means leave out what does not count', () => {
  expect(meanOf((value: number) => (value > 0 ? value : null))([-5, 1, 3])).toBe(2);
});

describe('seeded random', () => {
  it('repeats, and covers 0..1', () => {
    const [a, b] = [seededRandom(1), seededRandom(1)];
    const values = Array.from({ length: 10_000 }, a);
    expect(Array.from({ length: 10_000 }, b)).toEqual(values);
    expect(mean(values)).toBeCloseTo(0.5, 1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
  });

  it('puts every item everywhere', () => {
    const firsts = new Set(Array.from({ length: 100 }, (_, seed) => shuffled(['a', 'b', 'c'], seed)[0]));
    expect(firsts).toEqual(new Set(['a', 'b', 'c']));
    expect(shuffled([1, 2, 3], 5).toSorted()).toEqual([1, 2, 3]);
  });
});
