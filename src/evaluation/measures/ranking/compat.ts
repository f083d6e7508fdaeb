import type { JudgedRanking } from '../../judgements.js';
import { type RankingMeasure, share } from './measure.js';

/**
 * Compatibility (Clarke, Vtyurina and Smucker 2021): rank-biased overlap of the ranking with an ideal one, which has the
 * documents of grade 1 and more by grade and, within a grade, in the order of the ranking.
 */
export const Compat: RankingMeasure = {
  name: 'Compat',
  description: 'rank-biased overlap with an ideal ranking',
  parameters: { p: { type: 'number', default: 0.95 }, normalize: { type: 'boolean', default: true } },
  with: (parameters) => {
    const p = parameters.number('p');
    const normalise = parameters.flag('normalize');
    return (ranking) => {
      const ideal = idealRanking(ranking);
      const depth = Math.max(ranking.documents.length, ideal.length);
      const overlap = rankBiasedOverlap(ranking.documents, ideal, p, depth);
      const best = normalise ? rankBiasedOverlap(ideal, ideal, p, depth) : 1;
      return best > 0 ? overlap / best : overlap;
    };
  },
};

function idealRanking({ documents, judgements }: JudgedRanking): Int32Array {
  const { grades } = judgements;
  const ranks = new Map<number, number>();
  for (const [rank, document] of documents.entries()) if (document >= 0) ranks.set(document, rank);
  const rankOf = (document: number) => ranks.get(document) ?? documents.length + document;
  const relevant = Int32Array.from(grades.keys()).filter((document) => (grades[document] as number) > 0);
  return relevant.sort((a, b) => (grades[b] as number) - (grades[a] as number) || rankOf(a) - rankOf(b));
}

/** Equation 1 of the paper: overlap of the first 1, 2, … documents, weighted by powers of p. */
function rankBiasedOverlap(ranking: Int32Array, ideal: Int32Array, p: number, depth: number): number {
  const seen = new Set<number>();
  let [overlap, sum, weights, weight] = [0, 0, 0, 1];
  const see = (document: number) => {
    if (document < 0) return;
    if (seen.has(document)) overlap += 1;
    else seen.add(document);
  };
  for (let rank = 0; rank < depth; rank++, weight *= p) {
    if (rank < ranking.length) see(ranking[rank] as number);
    if (rank < ideal.length) see(ideal[rank] as number);
    sum += (weight * overlap) / (rank + 1);
    weights += weight;
  }
  return share(sum, weights);
}
