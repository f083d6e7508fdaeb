import { JUDGED_ONLY, type RankingMeasure, REL, REQUIRED_CUTOFF, relevantWithin } from './measure.js';

/** Precision: relevant documents among the first k, divided by k, also where fewer were retrieved. */
export const P: RankingMeasure = {
  name: 'P',
  aliases: ['Precision'],
  description: 'share of the first k documents that are relevant',
  parameters: { cutoff: REQUIRED_CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ cutoff, rel }) =>
    ({ grades }) =>
      relevantWithin(grades, cutoff, rel) / cutoff,
};
