import { type RankingMeasure, REL } from './measure.js';
import { noveltyMeasure } from './novelty.js';

/** Novelty- and rank-biased precision (Clarke et al. 2009), compared with a ranking that covers all subtopics at each rank. */
export const NRBP: RankingMeasure = {
  name: 'NRBP',
  description: 'rank-biased gain of new subtopics',
  parameters: { rel: REL, alpha: { type: 'number', default: 0.5 }, beta: { type: 'number', default: 0.5 } },
  with: (given) => {
    const beta = given.number('beta');
    return noveltyMeasure(
      given.rel,
      given.number('alpha'),
      Number.POSITIVE_INFINITY,
      (rank) => beta ** rank,
      'perfect',
    );
  },
};

/** The same, compared with the greedy ideal ranking. */
export const nNRBP: RankingMeasure = {
  ...NRBP,
  name: 'nNRBP',
  description: 'rank-biased gain of new subtopics, compared with the greedy ideal ranking',
  with: (given) => {
    const beta = given.number('beta');
    return noveltyMeasure(given.rel, given.number('alpha'), Number.POSITIVE_INFINITY, (rank) => beta ** rank, 'ideal');
  },
};
