import { JUDGED_ONLY, type RankingMeasure, REL, REQUIRED_CUTOFF, relevantWithin } from './measure.js';

/** 1 when a relevant document is among the first k, else 0. */
export const Success: RankingMeasure = {
  name: 'Success',
  description: '1 when a relevant document is among the first k',
  parameters: { cutoff: REQUIRED_CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ cutoff, rel }) =>
    ({ grades }) =>
      relevantWithin(grades, cutoff, rel) > 0 ? 1 : 0,
};
