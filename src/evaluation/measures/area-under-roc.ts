import { midRanks } from './ranks.js';

/**
 * Area under the ROC curve, 0..1: probability that a positive case scores above a negative one, ties counting one half
 * (Mann-Whitney). `null` unless both kinds are there.
 */
export function areaUnderRoc(cases: readonly { score: number; positive: boolean }[]): number | null {
  const positives = cases.filter(({ positive }) => positive).length;
  const negatives = cases.length - positives;
  if (positives === 0 || negatives === 0) return null;
  const ranks = midRanks(cases.map(({ score }) => score));
  const sum = cases.reduce((total, { positive }, index) => total + (positive ? (ranks[index] ?? 0) : 0), 0);
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
