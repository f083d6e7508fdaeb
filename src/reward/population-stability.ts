/** How confidences were spread when a calibrator was fitted. */
export interface ConfidenceDistribution {
  /** Upper ends of all bins but the last, ascending, each within 0..1. */
  edges: readonly number[];
  /** Of the confidences, one share a bin, 0..1; they sum to 1. */
  shares: readonly number[];
}

/** Bins of about equal mass. Equal confidences share a bin, so there may be fewer. `null` without confidences. */
export function distributionOf(confidences: readonly number[], bins = 10): ConfidenceDistribution | null {
  const sorted = confidences.filter((value) => value >= 0 && value <= 1).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const quantiles = Array.from(
    { length: bins - 1 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / bins)] ?? 1,
  );
  const edges = [...new Set(quantiles)].filter((edge) => edge > (sorted[0] ?? 0));
  const counts = countBins(sorted, edges);
  return { edges, shares: counts.map((count) => count / sorted.length) };
}

/**
 * Population stability index: sum over the bins of (q - p) ln(q / p), p as fitted and q as observed; 0 or more. By custom
 * below 0.1 nothing has changed, and from 0.25 on the population is another one. Half an observation is added to each bin,
 * so that an empty one is no infinity. `null` without confidences.
 */
export function populationStability(
  { edges, shares }: ConfidenceDistribution,
  observed: readonly number[],
): number | null {
  const sound = observed.filter((value) => value >= 0 && value <= 1);
  if (sound.length === 0) return null;
  const smooth = (share: number, count: number) => (share * count + 0.5) / (count + 0.5 * shares.length);
  const counts = countBins(sound, edges);
  return counts.reduce((sum, count, bin) => {
    const q = smooth(count / sound.length, sound.length);
    const p = smooth(shares[bin] ?? 0, sound.length);
    return sum + (q - p) * Math.log(q / p);
  }, 0);
}

/** A bin holds what is below its upper end. */
function countBins(values: readonly number[], edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of values) {
    const above = edges.findIndex((edge) => value < edge);
    const bin = above < 0 ? edges.length : above;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
