import { countRelevant } from '../../judgements.js';
import { type RankingMeasure, REL, share } from './measure.js';

/**
 * Binary preference (Buckley and Voorhees 2004), as trec_eval computes it: how few of the judged non-relevant documents
 * stand before each relevant one. Documents without judgement play no part.
 */
export const Bpref: RankingMeasure = {
  name: 'Bpref',
  aliases: ['BPref'],
  description: 'how few judged non-relevant documents stand before the relevant ones',
  parameters: { rel: REL },
  with:
    ({ rel }) =>
    ({ grades, judgements }) => {
      const relevant = countRelevant(judgements, rel);
      const limit = Math.min(relevant, judgements.sortedGrades.length - relevant);
      let [nonRelevant, sum] = [0, 0];
      for (const grade of grades) {
        if (grade < 0) continue;
        if (grade < rel) nonRelevant += 1;
        else sum += nonRelevant === 0 ? 1 : 1 - Math.min(nonRelevant, relevant) / limit;
      }
      return share(sum, relevant);
    },
};
