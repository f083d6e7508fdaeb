import { countRelevant } from '../../judgements.js';
import { JUDGED_ONLY, type RankingMeasure, REL, relevantWithin, share } from './measure.js';

/** Precision at R, the number of relevant documents of the topic. */
export const Rprec: RankingMeasure = {
  name: 'Rprec',
  aliases: ['RPrec'],
  description: 'precision at as many documents as are relevant',
  parameters: { rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ rel }) =>
    ({ grades, judgements }) => {
      const relevant = countRelevant(judgements, rel);
      return share(relevantWithin(grades, relevant, rel), relevant);
    },
};
