import type { Passage, Query } from '../types.js';
import type { Reading } from './reading.js';

export interface ReadRequest {
  query: Query;
  passage: Passage;
}

/**
 * A second look at a passage, by a model that marks where the answer stands and knows nothing of what the generator writes:
 * it can say how far it agrees with an answer (`agreementWith`) and suggest one (`likeliestAnswer`).
 */
export interface AnswerReader {
  readonly modelId: string;
  /**
   * Places are those of `passage.text`.
   *
   * @throws ServiceError `inference-failed`, or the error of the aborted signal.
   */
  read(request: ReadRequest, signal: AbortSignal): Promise<Reading>;
}
