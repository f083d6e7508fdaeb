import type { TopicJudgements } from '../../judgements.js';
import { CUTOFF, JUDGED_ONLY, logDiscounts, type RankingMeasure } from './measure.js';

/**
 * Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002): gain of each document divided by log2(rank + 1),
 * summed, and divided by the same sum of the best possible ranking. The gain is the grade (`dcg='log2'`, as in
 * trec_eval) or 2^grade - 1 (`dcg='exp-log2'`, as in gdeval); `gains={1:3,2:9}` sets others. Gains below 0 count as 0.
 */
export const nDCG: RankingMeasure = {
  name: 'nDCG',
  aliases: ['NDCG'],
  description: 'gain discounted by rank, compared with the best possible ranking',
  parameters: {
    cutoff: CUTOFF,
    dcg: { type: ['log2', 'exp-log2'], default: 'log2' },
    gains: { type: 'grades' },
    judged_only: JUDGED_ONLY,
  },
  with: (parameters) => {
    const { cutoff } = parameters;
    const gains = parameters.grades('gains');
    const exponential = parameters.text('dcg') === 'exp-log2';
    const gain = (grade: number) => {
      const value = gains?.get(grade) ?? grade;
      return exponential ? 2 ** value - 1 : value;
    };
    /** Of the topic seen last: all runs are asked about it with the same judgements. */
    const ideals = new WeakMap<TopicJudgements, number>();
    const ideal = (judgements: TopicJudgements) => {
      let sum = ideals.get(judgements);
      if (sum === undefined) {
        sum = idealDcg(judgements, gain, cutoff, gains !== undefined);
        ideals.set(judgements, sum);
      }
      return sum;
    };
    return ({ grades, documents, judgements }) => {
      const best = ideal(judgements);
      if (best === 0) return 0;
      const end = Math.min(cutoff, grades.length);
      const discounts = logDiscounts(end);
      let sum = 0;
      for (let rank = 0; rank < end; rank++) {
        const document = documents[rank] as number;
        if (document < 0) continue;
        const value = gain(judgements.grades[document] as number);
        if (value > 0) sum += value * (discounts[rank] as number);
      }
      return sum / best;
    };
  },
};

function idealDcg(
  judgements: TopicJudgements,
  gain: (grade: number) => number,
  cutoff: number,
  ownGains: boolean,
): number {
  const { sortedGrades, grades } = judgements;
  const sorted = ownGains ? Float64Array.from(grades, gain).sort().reverse() : Float64Array.from(sortedGrades, gain);
  const end = Math.min(cutoff, sorted.length);
  const discounts = logDiscounts(end);
  let sum = 0;
  for (let rank = 0; rank < end && (sorted[rank] as number) > 0; rank++)
    sum += (sorted[rank] as number) * (discounts[rank] as number);
  return sum;
}
