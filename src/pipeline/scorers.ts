import type { DocumentScorer, ScorableDocument } from '../ranking/document-scorer.js';
import type { Reranker } from '../ranking/reranker.js';
import { queryTerms } from '../ranking/snippets.js';
import { chunkDocument } from '../retrieval/chunking.js';
import type { SplitSentences } from '../retrieval/sentences.js';
import type { RewardItem, RewardModel } from '../reward/reward-model.js';
import type { Access, Passage } from '../types.js';
import { PARTS_PER_TEXT, scoreTexts } from './rerank-texts.js';

/** A reranker of the service as a scorer of texts: its logit, which looks at query and the text's best part alone. */
export function rerankerScorer(reranker: Reranker, access: Access): DocumentScorer {
  return {
    modelId: `${reranker.modelId}, best of ${PARTS_PER_TEXT} parts`,
    pointwise: true,
    async score(query, documents, signal) {
      const scored = await scoreTexts(reranker, { query, access, texts: documents }, signal);
      return scored.map(({ relevanceLogit }) => relevanceLogit);
    },
    close: () => reranker.close(),
  };
}

/** Sentences of a document that are tried as the answer. */
const SENTENCES = 3;
/** The reward model knows short answers; of a longer sentence it is given the beginning. */
const ANSWER_CHARACTERS = 120;

/**
 * The reward model as a scorer of texts: a document is worth the reward of its best sentence, given as answer and cited.
 * Tried are the sentences that share most words with the query.
 */
export function rewardScorer(model: RewardModel, split: SplitSentences, access: Access): DocumentScorer {
  return {
    modelId: model.modelId,
    pointwise: true,
    async score(query, documents, signal) {
      const items = documents.map((document) => sentenceItems(query, document, split, access));
      const rewards = await model.score(items.flat(), signal);
      let from = 0;
      return items.map(({ length }) => {
        const own = rewards.slice(from, from + length);
        from += length;
        // Of a document without text, declining is all that can be said.
        return own.length === 0 ? 0 : Math.max(...own);
      });
    },
    close: () => model.close(),
  };
}

function sentenceItems(
  query: string,
  { id, title, text }: ScorableDocument,
  split: SplitSentences,
  access: Access,
): RewardItem[] {
  const terms = queryTerms(query);
  const document = { id, tenant: access.tenant, url: '', title, text, acl: [], metadata: {} };
  const sentences = chunkDocument(document, split).flatMap((passage) =>
    passage.sentences.map(({ start, end }, index) => {
      const sentence = passage.text.slice(start, end);
      const shared = [...queryTerms(sentence)].filter((term) => terms.has(term)).length;
      return { passage, number: index + 1, sentence, shared };
    }),
  );
  return sentences
    .sort((a, b) => b.shared - a.shared)
    .slice(0, SENTENCES)
    .map(({ passage, number, sentence }) => ({
      query: { text: query, access },
      passage,
      candidate: candidateOf(passage, sentence, number),
    }));
}

const candidateOf = (passage: Passage, sentence: string, sentenceNumber: number) => ({
  text: sentence.length <= ANSWER_CHARACTERS ? sentence : sentence.slice(0, ANSWER_CHARACTERS).replace(/\s+\S*$/, ''),
  sentenceNumber,
  passageId: passage.id,
  declined: false,
  meanTokenLogprob: 0,
  sampled: 'greedy' as const,
  declineProbability: 0,
});
