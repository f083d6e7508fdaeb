import { countRelevant } from '../../judgements.js';
import { JUDGED_ONLY, type RankingMeasure, REL, relevantWithin } from './measure.js';

/**
 * Interpolated precision at a recall, `IPrec@0.1`: the highest precision at any rank from which on that share of the
 * relevant documents is found. The share is rounded to whole documents (half up), as in trec_eval 10.
 */
export const IPrec: RankingMeasure = {
  name: 'IPrec',
  description: 'highest precision from a given recall on',
  at: 'recall',
  parameters: { recall: { type: 'number', required: true }, rel: REL, judged_only: JUDGED_ONLY },
  with: (parameters) => {
    const { rel } = parameters;
    const recall = parameters.number('recall');
    return ({ grades, judgements }) => {
      const wanted = Math.round(recall * countRelevant(judgements, rel));
      let found = relevantWithin(grades, grades.length, rel);
      if (found < wanted || found === 0) return 0;
      let best = 0;
      for (let rank = grades.length - 1; rank >= 0 && found > 0 && found >= wanted; rank--) {
        if ((grades[rank] as number) < rel) continue;
        best = Math.max(best, found / (rank + 1));
        found -= 1;
      }
      return best;
    };
  },
};
