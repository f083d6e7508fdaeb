import { abortError } from '../../errors.js';
import type { EntailmentChecker } from '../entailment.js';
import { entailmentFeatures } from '../entailment-features.js';

/** No model: the share of the claim's words that the quote has. A baseline, and no calibrated probability. */
export function createCoverageEntailment(): EntailmentChecker {
  return {
    checkerId: 'coverage@1',
    async entails(claims, signal) {
      if (signal.aborted) throw abortError(signal);
      return claims.map(({ quote, claim }) => entailmentFeatures(quote, claim).coverage);
    },
  };
}
