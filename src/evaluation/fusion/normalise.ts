import type { RankedDocument } from '../formats/run.js';

/** How the scores of one ranking are put on a scale that others share. */
export const NORMALISATIONS = ['none', 'min-max', 'max', 'sum', 'z-score', 'rank'] as const;
export type Normalisation = (typeof NORMALISATIONS)[number];

/**
 * The documents of a ranking with normalised scores, in their order:
 *
 * - `min-max`: (score - lowest) / (highest - lowest), 0..1; 1 where all are equal;
 * - `max`: score / highest; 0 where that is 0;
 * - `sum`: (score - lowest), divided by the sum of these; equal shares where all are equal;
 * - `z-score`: in standard deviations (of a population) from the mean; 0 without spread;
 * - `rank`: 1 for the first, 1 / n for the last.
 */
export function normalise(ranking: readonly RankedDocument[], how: Normalisation): RankedDocument[] {
  const scale = scaleOf(ranking, how);
  return ranking.map(({ documentId, score }, rank) => ({ documentId, score: scale(score, rank) }));
}

function scaleOf(ranking: readonly RankedDocument[], how: Normalisation): (score: number, rank: number) => number {
  const count = ranking.length;
  let [lowest, highest, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const { score } of ranking) {
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
    sum += score;
  }
  switch (how) {
    case 'none':
      return (score) => score;
    case 'min-max':
      return (score) => (highest === lowest ? 1 : (score - lowest) / (highest - lowest));
    case 'max':
      return (score) => (highest === 0 ? 0 : score / highest);
    case 'sum': {
      const total = sum - lowest * count;
      return (score) => (total === 0 ? 1 / count : (score - lowest) / total);
    }
    case 'z-score': {
      const mean = sum / count;
      const deviation = Math.sqrt(ranking.reduce((squares, { score }) => squares + (score - mean) ** 2, 0) / count);
      return (score) => (deviation === 0 ? 0 : (score - mean) / deviation);
    }
    case 'rank':
      return (_, rank) => (count - rank) / count;
  }
}
