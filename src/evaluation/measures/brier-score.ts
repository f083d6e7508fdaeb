import type { RankedAnswer } from './risk-coverage.js';

/**
 * Brier score, 0..1, lower is better: the mean squared distance of the confidence from 1 (right) or 0 (wrong) (Brier
 * 1950). A constant confidence of 0.5 scores 0.25. `null` without answers.
 */
export function brierScore(answers: readonly RankedAnswer[]): number | null {
  if (answers.length === 0) return null;
  const distances = answers.map(({ confidence, right }) => (confidence - (right ? 1 : 0)) ** 2);
  return distances.reduce((total, distance) => total + distance, 0) / answers.length;
}
