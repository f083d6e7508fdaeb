import { countRelevant } from '../../judgements.js';
import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL, share } from './measure.js';

/** Average precision: precision at each relevant document that was retrieved, summed, divided by all relevant ones. */
export const AP: RankingMeasure = {
  name: 'AP',
  aliases: ['MAP'],
  description: 'mean of the precision at each relevant document',
  parameters: { cutoff: CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ cutoff, rel }) =>
    ({ grades, judgements }) => {
      const end = Math.min(cutoff, grades.length);
      let [found, sum] = [0, 0];
      for (let rank = 0; rank < end; rank++) {
        if ((grades[rank] as number) < rel) continue;
        found += 1;
        sum += found / (rank + 1);
      }
      return share(sum, countRelevant(judgements, rel));
    },
};
