import { describe, expect, it } from 'vitest';
import { holm } from '../../../src/evaluation/significance/holm.js';
import { drawResamples, meanInterval } from '../../../src/evaluation/significance/mean-interval.js';
import { randomisationTest } from '../../../src/evaluation/significance/randomisation.js';
import {
  incompleteBeta,
  logGamma,
  normalCdf,
  studentisedRangeTail,
  studentTwoSided,
} from '../../../src/evaluation/significance/special-functions.js';
import { pairedTTest } from '../../../src/evaluation/significance/t-test.js';
import { tukeyHsd } from '../../../src/evaluation/significance/tukey-hsd.js';
import { wilcoxonTest } from '../../../src/evaluation/significance/wilcoxon.js';

const values = (...numbers: number[]) => Float64Array.from(numbers);

describe('paired t-test', () => {
  it('by hand: differences 1, 2, 3 have mean 2 and standard error 1/√3', () => {
    const { statistic, pValue } = pairedTTest(values(1, 2, 3));
    expect(statistic).toBeCloseTo(2 * Math.sqrt(3), 12);
    // With 2 degrees of freedom P(|T| >= t) = 1 - t / √(2 + t²).
    expect(pValue).toBeCloseTo(1 - Math.sqrt(12 / 14), 12);
  });

  it.each([
    [values(0, 0, 0), null, 1],
    [values(1, 1), null, 0],
    [values(5), null, 1],
    [values(), null, 1],
  ])('%j: no spread', (differences, statistic, pValue) => {
    expect(pairedTTest(differences)).toEqual({ statistic, pValue });
  });
});

describe('Wilcoxon', () => {
  it('by hand: of the 8 assignments of signs to ranks 1, 2, 3 one is as extreme on each side', () => {
    expect(wilcoxonTest(values(1, 2, 3))).toEqual({ statistic: 0, pValue: 2 / 8 });
    // Rank sums of at most 1: {} and {1}.
    expect(wilcoxonTest(values(-1, 2, 3))).toEqual({ statistic: 1, pValue: 4 / 8 });
  });

  it('by hand: ties share ranks, zeros are left out', () => {
    // Ranks 1.5, 1.5, 3; positive 3 + 1.5; of 8 sums 0, 1.5, 1.5, 3, 3, 4.5, 4.5, 6 three are at most 1.5.
    expect(wilcoxonTest(values(-1, 1, 2, 0))).toEqual({ statistic: 1.5, pValue: 6 / 8 });
    expect(wilcoxonTest(values(0, 0))).toEqual({ statistic: null, pValue: 1 });
  });

  it('is normal beyond 50 pairs and, with ties or zeros, beyond 13 (values of scipy 1.17)', () => {
    const many = Float64Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? -1 : 1) * (index + 1));
    expect(wilcoxonTest(many).statistic).toBe(590);
    expect(wilcoxonTest(many).pValue).toBeCloseTo(0.016733071607703435, 12);
    const tied = values(1, 1, 2, -1, 3, 3, -2, 4, 5, 0, 0, 6, 7, -3, 8, 1);
    expect(wilcoxonTest(tied).statistic).toBe(16);
    expect(wilcoxonTest(tied).pValue).toBeCloseTo(0.021456473170559123, 12);
  });
});

describe('randomisation test', () => {
  it('tries all exchanges of few topics: of 8, two are as extreme as 1 + 2 + 3', () => {
    expect(randomisationTest(values(1, 2, 3), 100, 1)).toBe(2 / 8);
    expect(randomisationTest(values(1, 2, -3), 100, 1)).toBe(1);
    expect(randomisationTest(values(0, 0), 100, 1)).toBe(1);
    // Unchanged topics change nothing.
    expect(randomisationTest(values(0, 1, 2, 0, 3), 100, 1)).toBe(2 / 8);
  });

  it('draws for many: near the exact value, never 0, the same for the same seed', () => {
    const differences = Float64Array.from({ length: 20 }, (_, index) => (index < 14 ? 1 : -1));
    // P(|B - 10| >= 4) of a binomial with 20 throws.
    const exact = 0.11531829833984375;
    const estimate = randomisationTest(differences, 100_000, 3);
    expect(Math.abs(estimate - exact)).toBeLessThan(0.005);
    expect(randomisationTest(differences, 100_000, 3)).toBe(estimate);
    expect(randomisationTest(new Float64Array(40).fill(1), 999, 1)).toBe(1 / 1000);
  });
});

describe('bootstrap interval', () => {
  it('draws as many topics as there are, every time', () => {
    const counts = drawResamples(7, 50, 1);
    for (let row = 0; row < 50; row++) expect(counts.subarray(row * 7, row * 7 + 7).reduce((a, b) => a + b, 0)).toBe(7);
  });

  it('of normal data comes close to mean ± 1.96 standard errors', () => {
    const data = Float64Array.from({ length: 400 }, (_, index) => Math.sin(index * 12.9898) + 0.3);
    const mean = data.reduce((sum, value) => sum + value, 0) / 400;
    const error = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 399 / 400);
    const { low, high } = meanInterval(data, drawResamples(400, 4_000, 5));
    expect(low).toBeCloseTo(mean - 1.96 * error, 1.9);
    expect(high).toBeCloseTo(mean + 1.96 * error, 1.9);
  });

  it('of equal values is a point', () => {
    expect(meanInterval(values(0.25, 0.25), drawResamples(2, 10, 1))).toEqual({ low: 0.25, high: 0.25 });
    expect(meanInterval(values(), drawResamples(0, 10, 1))).toEqual({ low: 0, high: 0 });
  });
});

describe('Holm', () => {
  it('by hand', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([0.5, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe("Tukey's HSD", () => {
  it('by hand: run and topic effects leave an error of 1/8 on each degree of freedom', () => {
    // Residuals of two runs on two topics are ±1/4 each: sum of squares 1/4, 1 degree of freedom, error √(1/4 / 2).
    const p = tukeyHsd([values(0, 1), values(1, 1)]);
    expect(p(0, 1)).toBeCloseTo(studentisedRangeTail(0.5 / Math.sqrt(1 / 8), 2, 1), 12);
  });

  it('of two runs is the paired t-test', () => {
    const [a, b] = [values(0.1, 0.5, 0.3, 0.9, 0.4), values(0.3, 0.6, 0.2, 1, 0.8)];
    const differences = a.map((value, index) => b[index]! - value);
    expect(tukeyHsd([a, b])(0, 1)).toBeCloseTo(pairedTTest(differences).pValue, 6);
  });

  it('without difference or error', () => {
    expect(tukeyHsd([values(1, 2), values(1, 2), values(2, 3)])(0, 1)).toBe(1);
    expect(tukeyHsd([values(1, 2), values(1, 2), values(2, 3)])(0, 2)).toBeLessThan(1e-6);
    expect(tukeyHsd([values(1)])(0, 0)).toBe(1);
  });
});

describe('distributions (values of scipy 1.17)', () => {
  it.each([
    [0.5, 3, 10, 0.9338641721504076],
    [2, 5, 60, 0.621072864538367],
    [3.5, 3, 10, 0.07710331083841038],
    [4.5, 10, 1000, 0.04836431679241848],
  ])('studentised range %s of %s groups, %s', (q, groups, degrees, expected) => {
    expect(studentisedRangeTail(q, groups, degrees)).toBeCloseTo(expected, 5);
  });

  it('normal, Student, beta, gamma', () => {
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalCdf(-8)).toBeCloseTo(6.220960574271786e-16, 28);
    expect(studentTwoSided(2.2281388519649385, 10)).toBeCloseTo(0.05, 10);
    expect(studentTwoSided(Number.POSITIVE_INFINITY, 3)).toBe(0);
    expect(incompleteBeta(0.25, 1, 3)).toBeCloseTo(1 - 0.75 ** 3, 13);
    expect(incompleteBeta(0, 2, 2)).toBe(0);
    expect(incompleteBeta(1, 2, 2)).toBe(1);
    expect(Math.exp(logGamma(6))).toBeCloseTo(120, 9);
    expect(logGamma(0.25)).toBeCloseTo(1.2880225246980774, 12);
  });
});
