import { countRelevant } from '../../judgements.js';
import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL, relevantWithin, share } from './measure.js';

/** Precision times recall of all that was retrieved. */
export const SetAP: RankingMeasure = {
  name: 'SetAP',
  description: 'precision times recall of the retrieved documents',
  parameters: { cutoff: CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ cutoff, rel }) =>
    ({ grades, judgements }) => {
      const found = relevantWithin(grades, cutoff, rel);
      return share(found * found, Math.min(cutoff, grades.length) * countRelevant(judgements, rel));
    },
};
