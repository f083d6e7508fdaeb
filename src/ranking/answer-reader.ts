import type { Passage, Query } from '../types.js';

/** Answers to one query that are all said to stand in one passage. */
export interface ReadRequest {
  query: Query;
  passage: Passage;
  /** As written by the generator, which the reader knows nothing of. */
  answers: readonly string[];
}

/** A second look at what an answer says: it marks the answer's words in the passage itself, and is then compared. */
export interface AnswerReader {
  readonly modelId: string;
  /**
   * For each answer the probability, 0..1, that the reader would have marked the same words: what it gives to all spans that
   * share most of their tokens with one of the answer's places (`spanAgreement`). The rest goes to other spans and to
   * "nowhere". `null` when the answer does not stand in what the reader saw of the passage.
   *
   * @throws ServiceError `inference-failed`, or the error of the aborted signal.
   */
  agreement(request: ReadRequest, signal: AbortSignal): Promise<(number | null)[]>;
}
