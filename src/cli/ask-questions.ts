import type { AnswerRecord } from '../evaluation/answer-record.js';
import type { Question } from '../evaluation/question.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { type SearchDefaults, toSearchRequest } from '../pipeline/search-request.js';
import type { Access } from '../types.js';
import { RECORDED_HITS, recordAnswer } from './record-answer.js';

export interface AskOptions {
  access: Access;
  defaults: SearchDefaults;
  /** Text of a document of the corpus. */
  textOf: (documentId: string) => string | undefined;
  signal: AbortSignal;
}

/**
 * Asks every question through the pipeline of the service, one after the other, so that times are those of a quiet
 * service. Yields each record as soon as it is there.
 *
 * @throws ServiceError of the aborted signal, or what makes a search fail.
 */
export async function* askQuestions(
  pipeline: Pipeline,
  questions: readonly Question[],
  { access, defaults, textOf, signal }: AskOptions,
): AsyncGenerator<AnswerRecord, void> {
  for (const question of questions) {
    const request = toSearchRequest(
      { query: question.question, limit: RECORDED_HITS, debug: true },
      { requestId: question.id, access },
      defaults,
    );
    yield recordAnswer(question, await pipeline.search(request, signal), textOf);
  }
}
