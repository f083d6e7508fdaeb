import { countRelevant } from '../../judgements.js';
import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL, relevantWithin, share } from './measure.js';

/**
 * Precision of all that was retrieved. With `relative=True` (also named `SetRelP`) it is divided by the best that so many
 * documents could reach.
 */
export const SetP: RankingMeasure = {
  name: 'SetP',
  description: 'share of the retrieved documents that are relevant',
  parameters: { cutoff: CUTOFF, rel: REL, relative: { type: 'boolean', default: false }, judged_only: JUDGED_ONLY },
  with: (parameters) => {
    const { cutoff, rel } = parameters;
    const relative = parameters.flag('relative');
    return ({ grades, judgements }) => {
      const retrieved = Math.min(cutoff, grades.length);
      const possible = relative ? Math.min(retrieved, countRelevant(judgements, rel)) : retrieved;
      return share(relevantWithin(grades, cutoff, rel), possible);
    };
  },
};

export const SetRelP: RankingMeasure = {
  ...SetP,
  name: 'SetRelP',
  description: 'precision of the retrieved documents, of the highest possible one',
  parameters: { ...SetP.parameters, relative: { type: 'boolean', default: true } },
};
