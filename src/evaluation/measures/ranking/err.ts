import { CUTOFF, type RankingMeasure } from './measure.js';

/**
 * Expected reciprocal rank (Chapelle et al. 2009), as gdeval computes it: a document of grade g satisfies the reader with
 * probability (2^g - 1) / 2^`max_rel`. Grades above `max_rel` count as that.
 */
export const ERR: RankingMeasure = {
  name: 'ERR',
  description: 'expected 1 / rank at which a reader is satisfied',
  parameters: { cutoff: CUTOFF, max_rel: { type: 'integer', default: 4 } },
  with: (parameters) => {
    const highest = parameters.number('max_rel');
    return ({ grades }) => {
      const end = Math.min(parameters.cutoff, grades.length);
      let [sum, unsatisfied] = [0, 1];
      for (let rank = 0; rank < end; rank++) {
        const grade = Math.min(highest, grades[rank] as number);
        if (grade <= 0) continue;
        const satisfies = (2 ** grade - 1) / 2 ** highest;
        sum += (unsatisfied * satisfies) / (rank + 1);
        unsatisfied *= 1 - satisfies;
      }
      return sum;
    };
  },
};
