import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/evaluation/random.js';
import { precisionLowerBound } from '../../src/reward/precision-bound.js';
import { chooseThreshold } from '../../src/reward/threshold.js';

/** Groups of answers: confidence, how many, how many of them right. */
const outcomes = (...groups: [confidence: number, count: number, right: number][]) =>
  groups.flatMap(([confidence, count, right]) =>
    Array.from({ length: count }, (_, index) => ({ confidence, right: index < right })),
  );

describe('chooseThreshold', () => {
  it('goes as low as the precision of all that is shown allows', () => {
    const choice = chooseThreshold(outcomes([0.9, 60, 59], [0.7, 40, 32], [0.5, 40, 20]), 0.9);
    expect(choice).toEqual({
      minConfidence: 0.7,
      shown: 100,
      right: 91,
      precision: 0.91,
      precisionLow: expect.closeTo(0.8478, 3),
    });
  });

  it.each([
    ['a lucky group of five cannot decide', outcomes([0.9, 5, 5], [0.8, 100, 60])],
    ['nor can luck in the middle', outcomes([0.9, 20, 10], [0.8, 20, 20], [0.7, 60, 30])],
    ['too few answers promise nothing', outcomes([0.9, 29, 29])],
    ['nothing to show', []],
  ])('%s', (_, given) => {
    expect(chooseThreshold(given, 0.9)).toEqual({
      minConfidence: 1,
      shown: 0,
      right: 0,
      precision: null,
      precisionLow: null,
    });
  });

  it('never shows less than it promises on the answers at hand', () => {
    const random = seededRandom(7);
    for (let run = 0; run < 200; run++) {
      const outcomes = Array.from({ length: 120 }, () => {
        const confidence = random();
        return { confidence, right: random() < 0.6 + 0.4 * confidence };
      });
      const { minConfidence, precision, shown } = chooseThreshold(outcomes, 0.9);
      expect(precision ?? 1).toBeGreaterThanOrEqual(0.9);
      expect(outcomes.filter(({ confidence }) => confidence >= minConfidence)).toHaveLength(shown);
    }
  });

  it('shows everything when everything is good enough', () => {
    expect(chooseThreshold(outcomes([0.9, 30, 30], [0.2, 10, 8]), 0.9)).toMatchObject({
      minConfidence: 0.2,
      shown: 40,
    });
  });
});

describe('precisionLowerBound', () => {
  // R: binom.test(x, n, alternative = "greater")$conf.int[1]; all right: 0.05^(1/n)
  it.each([
    [10, 10, 0.05 ** 0.1],
    [29, 30, 0.8514011],
    [180, 200, 0.8579821],
    [0, 5, 0],
  ])('%d right of %d', (right, shown, bound) => {
    expect(precisionLowerBound(right, shown)).toBeCloseTo(bound, 4);
  });
});
