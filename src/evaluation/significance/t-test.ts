import { studentTwoSided } from './special-functions.js';

export interface TestResult {
  /** `null` where the data does not define one. */
  statistic: number | null;
  /** Two-sided. */
  pValue: number;
}

export function meanOfValues(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] as number;
  return sum / values.length;
}

/** Sum of the squared distances from the mean. */
export function squaredDeviations(values: ArrayLike<number>, mean = meanOfValues(values)): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += ((values[index] as number) - mean) ** 2;
  return sum;
}

/** Student's paired t-test on the differences. Without any spread the p-value is 1 when they are all 0, else 0. */
export function pairedTTest(differences: Float64Array): TestResult {
  const count = differences.length;
  const mean = meanOfValues(differences);
  if (count < 2) return { statistic: null, pValue: 1 };
  const variance = squaredDeviations(differences, mean) / (count - 1);
  if (variance === 0) return { statistic: null, pValue: mean === 0 ? 1 : 0 };
  const statistic = mean / Math.sqrt(variance / count);
  return { statistic, pValue: studentTwoSided(statistic, count - 1) };
}
