import { CUTOFF, type RankingMeasure, share } from './measure.js';

/** Share of the first k documents that are in the qrels, whatever their grade; of those retrieved where these are fewer. */
export const Judged: RankingMeasure = {
  name: 'Judged',
  description: 'share of the first k documents that have a judgement',
  parameters: { cutoff: CUTOFF },
  with:
    ({ cutoff }) =>
    ({ documents }) => {
      const end = Math.min(cutoff, documents.length);
      let judged = 0;
      for (let rank = 0; rank < end; rank++) if ((documents[rank] as number) >= 0) judged += 1;
      return share(judged, end);
    },
};
