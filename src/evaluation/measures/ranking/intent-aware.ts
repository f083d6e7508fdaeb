import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL, REQUIRED_CUTOFF, share } from './measure.js';
import { subtopicRelevance } from './novelty.js';

/** Average precision for each subtopic, averaged over the subtopics. */
export const AP_IA: RankingMeasure = {
  name: 'AP_IA',
  aliases: ['MAP_IA', 'AP-IA', 'MAP-IA'],
  description: 'average precision, mean over subtopics',
  parameters: { rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ rel }) =>
    ({ documents, judgements }) => {
      const relevance = subtopicRelevance(judgements, rel);
      let total = 0;
      for (const relevant of relevance) {
        let [found, sum] = [0, 0];
        for (let rank = 0; rank < documents.length; rank++) {
          if (relevant[documents[rank] as number] !== 1) continue;
          found += 1;
          sum += found / (rank + 1);
        }
        total += sum / relevant.reduce((count, one) => count + one, 0);
      }
      return share(total, relevance.length);
    },
};

/** Precision at k for each subtopic, averaged over the subtopics. */
export const P_IA: RankingMeasure = {
  name: 'P_IA',
  aliases: ['P-IA'],
  description: 'precision at k, mean over subtopics',
  parameters: { cutoff: REQUIRED_CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with:
    ({ rel, cutoff }) =>
    ({ documents, judgements }) => {
      const relevance = subtopicRelevance(judgements, rel);
      let found = 0;
      for (const document of documents.subarray(0, cutoff))
        for (const relevant of relevance) found += relevant[document] ?? 0;
      return share(found, cutoff * relevance.length);
    },
};

/** Share of the subtopics for which a relevant document is among the first k. */
export const StRecall: RankingMeasure = {
  name: 'StRecall',
  description: 'share of the subtopics that the first k documents cover',
  parameters: { cutoff: CUTOFF, rel: REL },
  with:
    ({ rel, cutoff }) =>
    ({ documents, judgements }) => {
      const relevance = subtopicRelevance(judgements, rel);
      const seen = documents.subarray(0, Math.min(cutoff, documents.length));
      return share(
        relevance.filter((relevant) => seen.some((document) => relevant[document] === 1)).length,
        relevance.length,
      );
    },
};
