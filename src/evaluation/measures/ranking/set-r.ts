import { countRelevant } from '../../judgements.js';
import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL, relevantWithin, share } from './measure.js';

/** Recall of all that was retrieved. */
export const SetR: RankingMeasure = {
  name: 'SetR',
  description: 'share of the relevant documents that were retrieved',
  parameters: { cutoff: CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ cutoff, rel }) =>
    ({ grades, judgements }) =>
      share(relevantWithin(grades, cutoff, rel), countRelevant(judgements, rel)),
};
