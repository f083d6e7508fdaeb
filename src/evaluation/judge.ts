import type { AnswerRecord } from './answer-record.js';
import { exactMatch, isRight, tokenF1 } from './measures/answer-score.js';
import { quoteHoldsAnswer } from './measures/citation.js';
import { foundWithin } from './measures/recall.js';

/** A record held against the gold answers: what the measures count. */
export interface JudgedAnswer {
  answerable: boolean;
  kind: string;
  /** By number of hits; `null` when no document is named. */
  foundWithin: Readonly<Record<1 | 5 | 20, boolean>> | null;
  /** The same before reranking. */
  retrievedWithin: Readonly<Record<1 | 5 | 20, boolean>> | null;
  /** Of the best candidate by reward; 0 when there is none. */
  em: number;
  f1: number;
  f1Greedy: number;
  f1GreedyOfBestPassage: number;
  /** The best candidate, if there is one with a confidence. */
  answer: { confidence: number; right: boolean } | null;
  refused: boolean;
  shown: { right: boolean; citationHolds: boolean } | null;
}

export function judge(record: AnswerRecord): JudgedAnswer {
  const { answers, documentIds, top, confidence, shown } = record;
  const f1 = (text: string | null) => (text === null ? 0 : tokenF1(text, answers));
  const within = (hits: readonly string[]) =>
    documentIds
      ? {
          1: foundWithin(1, hits, documentIds),
          5: foundWithin(5, hits, documentIds),
          20: foundWithin(20, hits, documentIds),
        }
      : null;
  return {
    answerable: record.answerable,
    kind: record.kind ?? (record.answerable ? 'answerable' : 'unanswerable'),
    foundWithin: within(record.hits),
    retrievedWithin: within(record.retrieved),
    em: top !== null && exactMatch(top, answers) ? 1 : 0,
    f1: f1(top),
    f1Greedy: f1(record.greedy),
    f1GreedyOfBestPassage: f1(record.greedyOfBestPassage),
    answer: top === null || confidence === null ? null : { confidence, right: isRight(top, answers) },
    refused: record.refused,
    shown: shown && {
      right: isRight(shown.text, answers),
      citationHolds: shown.citation.verbatim && quoteHoldsAnswer(shown.citation.quote, answers),
    },
  };
}
