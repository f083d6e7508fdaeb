import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL } from './measure.js';
import { noveltyMeasure } from './novelty.js';

const discount = (rank: number) => 1 / Math.log2(rank + 2);

const parameters = {
  cutoff: CUTOFF,
  rel: REL,
  alpha: { type: 'number', default: 0.5 },
  judged_only: JUDGED_ONLY,
} as const;

/** DCG of novelty (Clarke et al. 2008), compared with a ranking whose every document covers every subtopic. */
export const alphaDCG: RankingMeasure = {
  name: 'alpha_DCG',
  aliases: ['alpha-DCG', 'α_DCG'],
  description: 'gain of new subtopics discounted by rank',
  parameters,
  with: (given) => noveltyMeasure(given.rel, given.number('alpha'), given.cutoff, discount, 'perfect'),
};

/**
 * DCG of novelty (Clarke et al. 2008), compared with the greedy ideal ranking. A document is worth (1 - alpha)^n for a
 * subtopic of which n documents stood before. Subtopics are the second column of the qrels.
 */
export const alphaNDCG: RankingMeasure = {
  ...alphaDCG,
  name: 'alpha_nDCG',
  aliases: ['alpha-nDCG', 'α_nDCG'],
  description: 'gain of new subtopics discounted by rank, compared with the greedy ideal ranking',
  with: (given) => noveltyMeasure(given.rel, given.number('alpha'), given.cutoff, discount, 'ideal'),
};
