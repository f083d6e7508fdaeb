import { CUTOFF, type RankingMeasure, REL } from './measure.js';

/**
 * Probability that a retrieved relevant document stands before a retrieved other one. Not defined for a topic without a
 * relevant document in the ranking; such topics are left out of the mean.
 */
export const Accuracy: RankingMeasure = {
  name: 'Accuracy',
  description: 'probability that a relevant document stands before another one',
  parameters: { cutoff: CUTOFF, rel: REL },
  with:
    ({ cutoff, rel }) =>
    ({ grades }) => {
      const end = Math.min(cutoff, grades.length);
      let [relevant, others, before] = [0, 0, 0];
      for (let rank = 0; rank < end; rank++) {
        if ((grades[rank] as number) < rel) others += 1;
        else {
          relevant += 1;
          before += others;
        }
      }
      if (relevant === 0) return null;
      return others === 0 ? 1 : 1 - before / (others * relevant);
    },
};
