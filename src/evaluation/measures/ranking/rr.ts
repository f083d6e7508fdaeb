import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL } from './measure.js';

/** Reciprocal rank: 1 / rank of the first relevant document; 0 without one. */
export const RR: RankingMeasure = {
  name: 'RR',
  aliases: ['MRR'],
  description: '1 / rank of the first relevant document',
  parameters: { cutoff: CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ cutoff, rel }) =>
    ({ grades }) => {
      const end = Math.min(cutoff, grades.length);
      for (let rank = 0; rank < end; rank++) if ((grades[rank] as number) >= rel) return 1 / (rank + 1);
      return 0;
    },
};
