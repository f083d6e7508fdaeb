import { type ErrorCode, ServiceError } from '../errors.js';
import type { AnswerRecord } from '../evaluation/answer-record.js';
import type { Question } from '../evaluation/question.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { type SearchDefaults, toSearchRequest } from '../pipeline/search-request.js';
import type { Access } from '../types.js';
import { RECORDED_HITS, recordAnswer, recordFailure, type TextOf } from './record-answer.js';

export interface AskOptions {
  access: Access;
  defaults: SearchDefaults;
  /** `null` without a corpus: quotes are then not held against it. */
  textOf: TextOf | null;
  signal: AbortSignal;
}

/** Errors of one search that say nothing of the next one. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set(['retrieval-unavailable', 'deadline-exceeded', 'overloaded']);

/**
 * Asks every question through the pipeline of the service, one after the other, so that times are those of a quiet
 * service. Yields each record as soon as it is there. A search that was too late or found its stores busy is a record, too,
 * and the next question is asked.
 *
 * @throws ServiceError of the aborted signal, or what would make every search fail.
 */
export async function* askQuestions(
  pipeline: Pipeline,
  questions: readonly Question[],
  { access, defaults, textOf, signal }: AskOptions,
): AsyncGenerator<AnswerRecord, void> {
  for (const question of questions) {
    let found: AnswerRecord;
    const request = toSearchRequest(
      { query: question.question, limit: RECORDED_HITS, debug: true },
      { requestId: question.id, access },
      defaults,
    );
    const startedAt = performance.now();
    try {
      found = recordAnswer(question, await pipeline.search(request, signal), textOf);
    } catch (error) {
      if (signal.aborted || !(error instanceof ServiceError) || !MAY_PASS.has(error.code)) throw error;
      found = recordFailure(question, error.code, performance.now() - startedAt);
    }
    yield found;
  }
}
