import { isRecord, type PlainAnswer, type RecordedAnswer } from '../evaluation/plain-answer.js';
import { chunkDocument } from '../retrieval/chunking.js';
import type { SplitSentences } from '../retrieval/sentences.js';
import type { RewardItem } from '../reward/reward-model.js';
import { selectAnswer } from '../reward/select-answer.js';
import type { Candidate, Passage } from '../types.js';
import { type CorpusDocuments, documentIdOf } from './corpus-documents.js';

/** What the reward model reads of an answer; `null` when no passage can be found for it, or it declines. */
export type ReadAnswer = (answer: RecordedAnswer) => RewardItem | null;

/** Text of the best candidate; `null` when it declined or there is none. */
export const answerText = (answer: RecordedAnswer): string | null => (isRecord(answer) ? answer.top : answer.answer);

/**
 * Finds the passage of an answer: that of its candidate, or the one its first citation points into. A plain answer whose
 * document is not in the corpus is read with its quote alone.
 */
export function createAnswerReader(documents: CorpusDocuments, split: SplitSentences, tenant: string): ReadAnswer {
  const passagesOf = (documentId: string): Passage[] => {
    const found = documents.get(documentId);
    return found ? chunkDocument(found.document, split, undefined, found) : [];
  };
  const item = (question: string, text: string, passage: Passage, sentenceNumber: number): RewardItem => {
    const candidate: Candidate = {
      text,
      sentenceNumber,
      passageId: passage.id,
      declined: false,
      meanTokenLogprob: 0,
      sampled: 'greedy',
      declineProbability: 0,
    };
    return { query: { text: question, access: { tenant, groups: [] } }, passage, candidate };
  };

  function readPlain({ question, answer, citations }: PlainAnswer): RewardItem | null {
    const [citation] = citations ?? [];
    if (answer === null || question === '' || !citation) return null;
    const { documentId = '', quote = answer } = citation;
    const text = documents.get(documentId)?.document.text ?? '';
    const start = citation.start ?? text.indexOf(quote);
    const passage = passagesOf(documentId).find((each) => start >= each.start && start < each.end);
    if (passage) return item(question, answer, passage, sentenceAt(passage, start - passage.start));
    const quoted = citation.quote === undefined ? null : quotedPassage(citation.quote, documentId, split, tenant);
    return quoted && item(question, answer, quoted, sentenceAt(quoted, Math.max(0, quoted.text.indexOf(answer))));
  }

  return (answer) => {
    if (!isRecord(answer)) return readPlain(answer);
    const top = selectAnswer(answer.candidates);
    if (!top || top.sentenceNumber === null) return null;
    const passage = passagesOf(documentIdOf(top.passageId)).find(({ id }) => id === top.passageId);
    const isThere = passage !== undefined && top.sentenceNumber <= passage.sentences.length;
    return isThere ? item(answer.question, top.text, passage, top.sentenceNumber) : null;
  };
}

/** Number of the sentence at an offset into the passage, from 1; in between, that of the one before. */
const sentenceAt = ({ sentences }: Passage, offset: number) =>
  Math.max(1, sentences.filter(({ start }) => start <= offset).length);

function quotedPassage(text: string, documentId: string, split: SplitSentences, tenant: string): Passage | null {
  const sentences = split(text);
  if (sentences.length === 0) return null;
  return {
    id: `${documentId}#quote`,
    documentId,
    tenant,
    title: '',
    url: '',
    text,
    start: 0,
    end: text.length,
    sentences,
    acl: [],
    metadata: {},
  };
}
