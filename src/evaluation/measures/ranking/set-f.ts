import { countRelevant } from '../../judgements.js';
import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL, relevantWithin } from './measure.js';

/**
 * F of all that was retrieved, (beta + 1) P R / (beta P + R). `beta` is the factor of P itself, as trec_eval has it, not its
 * root as in the usual F-beta.
 */
export const SetF: RankingMeasure = {
  name: 'SetF',
  description: 'harmonic mean of precision and recall of the retrieved documents',
  parameters: { cutoff: CUTOFF, rel: REL, beta: { type: 'number', default: 1 }, judged_only: JUDGED_ONLY },
  with: (parameters) => {
    const { cutoff, rel } = parameters;
    const beta = parameters.number('beta');
    return ({ grades, judgements }) => {
      const found = relevantWithin(grades, cutoff, rel);
      if (found === 0) return 0;
      const precision = found / Math.min(cutoff, grades.length);
      const recall = found / countRelevant(judgements, rel);
      return ((beta + 1) * precision * recall) / (beta * precision + recall);
    };
  },
};
