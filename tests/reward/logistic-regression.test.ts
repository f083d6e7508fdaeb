import { describe, expect, it } from 'vitest';
import { fitLogistic, logisticProbability } from '../../src/reward/logistic-regression.js';

const times = <T>(count: number, value: T) => new Array<T>(count).fill(value);

describe('fitLogistic', () => {
  it('without penalty gives each group its own share', () => {
    const cases = [
      ...times(30, { x: [0], right: false }),
      ...times(10, { x: [0], right: true }),
      ...times(10, { x: [1], right: false }),
      ...times(40, { x: [1], right: true }),
    ];
    const model = fitLogistic(cases, { penalty: 0 });
    expect(logisticProbability(model, [0])).toBeCloseTo(0.25, 6);
    expect(logisticProbability(model, [1])).toBeCloseTo(0.8, 6);
    expect(logisticProbability(model, [null])).toBeGreaterThan(0.25); // unknown counts as the mean
  });

  it('solves the equations of the penalised optimum', () => {
    const cases = Array.from({ length: 60 }, (_, index) => ({
      x: [index % 7, (index * index) % 5],
      right: (index * 31) % 11 > 4,
    }));
    const model = fitLogistic(cases, { penalty: 2 });
    const residuals = cases.map(({ x, right }) => logisticProbability(model, x) - (right ? 1 : 0));
    expect(residuals.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 5);
    model.weights.forEach((weight, column) => {
      const pull = cases.reduce(
        (sum, { x }, row) => sum + (residuals[row]! * (x[column]! - model.means[column]!)) / model.scales[column]!,
        0,
      );
      expect(pull + 2 * weight).toBeCloseTo(0, 5);
    });
  });

  it('stays finite when the outcomes are separable', () => {
    const cases = Array.from({ length: 20 }, (_, index) => ({ x: [index], right: index >= 10 }));
    const model = fitLogistic(cases);
    expect(model.weights[0]).toBeGreaterThan(0);
    expect(Number.isFinite(model.weights[0])).toBe(true);
    expect(logisticProbability(model, [19])).toBeGreaterThan(0.9);
  });

  it('gives a constant input no weight', () => {
    const model = fitLogistic([
      { x: [5, 0], right: false },
      { x: [5, 1], right: true },
    ]);
    expect(model.weights[0]).toBe(0);
  });

  it.each([true, false])('refuses cases that are all %s', (right) => {
    expect(() => fitLogistic([{ x: [1], right }])).toThrow(RangeError);
  });
});
