import { countRelevant, UNJUDGED, UNPOOLED } from '../../judgements.js';
import { type RankingMeasure, REL, share } from './measure.js';

const EPSILON = 0.00001;

/**
 * Inferred average precision (Yilmaz and Aslam 2006), as trec_eval computes it, for pools that were judged in part: a
 * negative grade says "in the pool, not judged", and such documents count as relevant in proportion to the judged ones.
 */
export const infAP: RankingMeasure = {
  name: 'infAP',
  description: 'average precision for pools that were judged in part',
  parameters: { rel: REL },
  with:
    ({ rel }) =>
    ({ grades, judgements }) => {
      let [relevant, nonRelevant, pooled, sum] = [0, 0, 0, 0];
      for (let rank = 0; rank < grades.length; rank++) {
        const grade = grades[rank] as number;
        if (grade === UNPOOLED) continue;
        if (grade === UNJUDGED) pooled += 1;
        else if (grade < rel) nonRelevant += 1;
        else {
          const judged = relevant + nonRelevant;
          // Of the documents above, the share in the pool, times the share of relevant ones among the judged of these.
          const above = rank === 0 ? 0 : ((judged + pooled) / rank) * ((relevant + EPSILON) / (judged + 2 * EPSILON));
          sum += (1 + rank * above) / (rank + 1);
          relevant += 1;
        }
      }
      return share(sum, countRelevant(judgements, rel));
    },
};
