import { CUTOFF, type RankingMeasure } from './measure.js';

/**
 * Rank-biased precision (Moffat and Zobel 2008): the reader goes on to the next document with probability `p`. With `rel`
 * documents are relevant or not; without it the gain is the grade divided by the topic's highest, as in trec_eval, which is
 * the same where all grades are 0 and 1.
 */
export const RBP: RankingMeasure = {
  name: 'RBP',
  description: 'gain of a reader who goes on to the next document with probability p',
  parameters: { cutoff: CUTOFF, p: { type: 'number', default: 0.8 }, rel: { type: 'integer' } },
  with: (parameters) => {
    const rel = parameters.optional('rel');
    const p = parameters.number('p');
    return ({ grades, judgements }) => {
      const highest = Math.max(1, judgements.sortedGrades[0] ?? 0);
      const end = Math.min(parameters.cutoff, grades.length);
      let [sum, weight] = [0, 1 - p];
      for (let rank = 0; rank < end; rank++, weight *= p) {
        const grade = grades[rank] as number;
        if (rel === undefined) sum += grade > 0 ? (weight * grade) / highest : 0;
        else if (grade >= rel) sum += weight;
      }
      return sum;
    };
  },
};
