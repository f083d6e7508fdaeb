import type { AnswerRecord } from './answer-record.js';
import { exactMatch, isRight, tokenF1 } from './measures/answer-score.js';
import { quoteHoldsAnswer } from './measures/citation.js';
import { foundWithin } from './measures/recall.js';
import { rougeL } from './measures/rouge-l.js';
import { isRecord, type PlainAnswer, type PlainCitation, type RecordedAnswer } from './plain-answer.js';
import type { Question } from './question.js';
import { isRightAnswer } from './right-answer.js';

type Within = Readonly<Record<1 | 5 | 20, boolean>>;

/** A recorded answer held against the gold answers: what the measures count. */
export interface JudgedAnswer {
  id: string;
  answerable: boolean;
  kind: string;
  /** BCP 47 tag; `null` when the question names none. */
  language: string | null;
  /** By number of hits; `null` when no document is named, or the hits are not recorded. */
  foundWithin: Within | null;
  /** The same before reranking. */
  retrievedWithin: Within | null;
  /** Of the best candidate; 0 when there is none. */
  em: number;
  f1: number;
  rougeL: number;
  /** `null` when only the answer itself is recorded. */
  f1Greedy: number | null;
  f1GreedyOfBestPassage: number | null;
  /** The best candidate, if there is one with a confidence. */
  answer: { confidence: number; right: boolean } | null;
  refused: boolean;
  shown: {
    right: boolean;
    /** Of the citations that can be judged; `null` when none is recorded or can be. */
    citations: { hold: number; count: number } | null;
  } | null;
  /** Why there is or is no answer, for the count of outcomes. */
  reason: string;
}

/**
 * @param textOf Text of a document of the corpus, against which quotes of plain answers are held. Without it, and for
 *   documents it does not know, a quote is taken as verbatim. Records have been held against the corpus already, where there was one.
 */
export function judge(answer: RecordedAnswer, textOf?: (documentId: string) => string | undefined): JudgedAnswer {
  return isRecord(answer) ? judgeRecord(answer) : judgePlain(answer, textOf);
}

function judgeRecord(record: AnswerRecord): JudgedAnswer {
  const { answers, top, confidence, shown } = record;
  const greedyF1 = (text: string | null) => (text === null ? 0 : tokenF1(text, answers));
  return {
    ...ofQuestion(record),
    ...ofText(top, answers),
    foundWithin: within(record.hits, record.documentIds),
    retrievedWithin: within(record.retrieved, record.documentIds),
    f1Greedy: greedyF1(record.greedy),
    f1GreedyOfBestPassage: greedyF1(record.greedyOfBestPassage),
    answer: top === null || confidence === null ? null : { confidence, right: isRightAnswer(record) },
    refused: record.refused,
    shown: shown && {
      right: isRightAnswer({ ...record, top: shown.text, quote: shown.citation.quote }),
      citations: {
        hold: shown.citation.verbatim !== false && quoteHoldsAnswer(shown.citation.quote, answers) ? 1 : 0,
        count: 1,
      },
    },
    reason: record.reason,
  };
}

function judgePlain(plain: PlainAnswer, textOf: (documentId: string) => string | undefined = () => undefined) {
  const { answer, answers, confidence, citations } = plain;
  const right = answer !== null && isRight(answer, answers);
  const judgeable = (citations ?? [])
    .map((citation) => citationHolds(citation, plain, textOf))
    .filter((holds) => holds !== null);
  const canJudge = citations !== null && (citations.length === 0 || judgeable.length > 0);
  return {
    ...ofQuestion(plain),
    ...ofText(answer, answers),
    foundWithin: plain.hits && within(plain.hits, plain.documentIds),
    retrievedWithin: null,
    f1Greedy: null,
    f1GreedyOfBestPassage: null,
    answer: answer === null || confidence === null ? null : { confidence, right },
    refused: answer === null && !plain.missing,
    shown: plain.shown
      ? { right, citations: canJudge ? { hold: judgeable.filter(Boolean).length, count: judgeable.length } : null }
      : null,
    reason: plain.missing ? 'missing' : plain.shown ? 'shown' : answer === null ? 'declined' : 'low-confidence',
  } satisfies JudgedAnswer;
}

const ofQuestion = ({ id, answerable, kind, language }: Question) => ({
  id,
  answerable,
  kind: kind ?? (answerable ? 'answerable' : 'unanswerable'),
  language: language ?? null,
});

const ofText = (text: string | null, golds: readonly string[]) => ({
  em: text !== null && exactMatch(text, golds) ? 1 : 0,
  f1: text === null ? 0 : tokenF1(text, golds),
  rougeL: text === null ? 0 : rougeL(text, golds),
});

function within(hits: readonly string[], documentIds: readonly string[] | undefined): Within | null {
  if (!documentIds) return null;
  const found = (k: number) => foundWithin(k, hits, documentIds);
  return { 1: found(1), 5: found(5), 20: found(20) };
}

/** By its quote, else by its document; `null` when it names neither, or the question names no document. */
function citationHolds(
  { quote, documentId, start, end }: PlainCitation,
  { answers, documentIds }: PlainAnswer,
  textOf: (documentId: string) => string | undefined,
): boolean | null {
  if (quote === undefined) return documentId === undefined || !documentIds ? null : documentIds.includes(documentId);
  const text = documentId === undefined ? undefined : textOf(documentId);
  const verbatim =
    text === undefined || (start === undefined ? text.includes(quote) : text.slice(start, end) === quote);
  return verbatim && quoteHoldsAnswer(quote, answers);
}
