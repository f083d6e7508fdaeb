import type { RankedAnswer } from './risk-coverage.js';

export interface CalibrationErrorOptions {
  /** @default 15 */
  bins?: number;
  /**
   * `mass`: as many answers in each bin; `width`: bins of equal width over 0..1, empty ones left out.
   *
   * @default 'mass'
   */
  by?: 'mass' | 'width';
}

/**
 * Expected calibration error, 0..1: how far mean confidence and share of right answers lie apart in a bin, averaged over
 * the bins by their answers. With few answers it is above 0 even for perfect confidences. `null` without answers.
 */
export function calibrationError(
  answers: readonly RankedAnswer[],
  { bins = 15, by = 'mass' }: CalibrationErrorOptions = {},
): number | null {
  if (answers.length === 0) return null;
  const sorted = [...answers].sort((a, b) => a.confidence - b.confidence);
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, right: 0 }));
  for (const [rank, { confidence, right }] of sorted.entries()) {
    const position = by === 'mass' ? rank / sorted.length : confidence;
    const sum = sums[Math.min(bins - 1, Math.floor(position * bins))];
    if (!sum) continue;
    sum.confidence += confidence;
    sum.right += right ? 1 : 0;
  }
  return sums.reduce((total, sum) => total + Math.abs(sum.confidence - sum.right), 0) / answers.length;
}
