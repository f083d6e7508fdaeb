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
  const gaps = reliabilityBins(answers, { bins, by }).map(({ confidence, right, count }) => {
    return Math.abs(confidence - right) * count;
  });
  return sum(gaps) / answers.length;
}

/**
 * What {@link calibrationError} would be in the mean if each answer were right with exactly its confidence, 0..1: with few answers
 * most of a measured error is chance. Share of right answers in a bin taken as normal, so that E|gap| = sqrt(2 variance / pi).
 * `null` without answers.
 */
export function calibrationErrorByChance(
  answers: readonly RankedAnswer[],
  { bins = 15, by = 'mass' }: CalibrationErrorOptions = {},
): number | null {
  if (answers.length === 0) return null;
  const gaps = reliabilityBins(answers, { bins, by }).map(({ confidence, count }) =>
    Math.sqrt((2 / Math.PI) * count * confidence * (1 - confidence)),
  );
  return sum(gaps) / answers.length;
}

/**
 * Adaptive calibration error, 0..1: the mean gap of bins of equal mass, each bin counting the same (Nixon et al. 2019,
 * "Measuring Calibration in Deep Learning", for the one class "right"). `null` without answers.
 */
export function adaptiveCalibrationError(answers: readonly RankedAnswer[], bins = 15): number | null {
  if (answers.length === 0) return null;
  const found = reliabilityBins(answers, { bins, by: 'mass' });
  return sum(found.map(({ confidence, right }) => Math.abs(confidence - right))) / found.length;
}

/** A point of the reliability diagram. */
export interface ReliabilityBin {
  /** Mean confidence, 0..1. */
  confidence: number;
  /** Share of right answers, 0..1. */
  right: number;
  /** Answers in it, at least 1. */
  count: number;
}

/** The bins that hold answers, by rising confidence. */
export function reliabilityBins(
  answers: readonly RankedAnswer[],
  { bins = 15, by = 'mass' }: CalibrationErrorOptions = {},
): ReliabilityBin[] {
  const sorted = [...answers].sort((a, b) => a.confidence - b.confidence);
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, right: 0, count: 0 }));
  for (const [rank, { confidence, right }] of sorted.entries()) {
    const position = by === 'mass' ? rank / sorted.length : confidence;
    const bin = sums[Math.min(bins - 1, Math.floor(position * bins))];
    if (!bin) continue;
    bin.confidence += confidence;
    bin.right += right ? 1 : 0;
    bin.count += 1;
  }
  return sums
    .filter(({ count }) => count > 0)
    .map(({ confidence, right, count }) => ({ confidence: confidence / count, right: right / count, count }));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
