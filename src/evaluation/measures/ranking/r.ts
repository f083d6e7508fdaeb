import { countRelevant } from '../../judgements.js';
import { JUDGED_ONLY, type RankingMeasure, REL, REQUIRED_CUTOFF, relevantWithin, share } from './measure.js';

/** Recall: relevant documents among the first k, divided by all relevant ones; 0 where there are none. */
export const R: RankingMeasure = {
  name: 'R',
  aliases: ['Recall'],
  description: 'share of the relevant documents that are among the first k',
  parameters: { cutoff: REQUIRED_CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ cutoff, rel }) =>
    ({ grades, judgements }) =>
      share(relevantWithin(grades, cutoff, rel), countRelevant(judgements, rel)),
};
