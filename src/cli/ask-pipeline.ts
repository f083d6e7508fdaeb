import type { Config } from '../config.js';
import type { AnswerRecord } from '../evaluation/answer-record.js';
import type { Question } from '../evaluation/question.js';
import { createPipeline } from '../pipeline/create-pipeline.js';
import { askQuestions } from './ask-questions.js';
import { startProgress } from './progress.js';
import type { TextOf } from './record-answer.js';

export interface AskPipelineOptions {
  /** What the progress line calls the questions. */
  label: string;
  /** Of a document that the corpus has not got no quote counts as verbatim; `null`: there is no corpus to ask. */
  textOf: TextOf | null;
  signal: AbortSignal;
  /** Told each record as soon as it is there. */
  keep: (record: AnswerRecord) => void | Promise<void>;
}

/** Nothing is known of it, or only that its search failed. */
export const isUnasked = (record: AnswerRecord | undefined) => record === undefined || record.reason === 'failed';

/**
 * Opens the pipeline of the service, asks it every question with the settings' defaults, and closes it. Searches that fail are told
 * on stderr.
 *
 * @throws ServiceError of the aborted signal, or what makes opening or a search fail.
 */
export async function askPipeline(
  config: Config,
  questions: readonly Question[],
  { label, textOf, signal, keep }: AskPipelineOptions,
): Promise<void> {
  const { deadlineMs, candidates } = config.answer;
  // What one question is answered must not depend on which were asked before it.
  const unwatched = { ...config, drift: { ...config.drift, enabled: false } };
  const pipeline = await createPipeline(unwatched, { warn: (message) => console.error(message) });
  const progress = startProgress(label, questions.length);
  const failures: string[] = [];
  try {
    const asking = askQuestions(pipeline, questions, {
      access: { tenant: config.tenant, groups: [] },
      defaults: { queryMaxCharacters: config.server.queryMaxCharacters, answer: { deadlineMs, candidates } },
      textOf,
      signal,
    });
    for await (const record of asking) {
      await keep(record);
      if (record.failure !== undefined) failures.push(`${record.id} (${record.failure})`);
      progress.tick();
    }
  } finally {
    progress.stop();
    if (failures.length > 0) {
      const again = 'A run that goes on with these records asks them again.';
      console.error(`${failures.length} of ${questions.length} ${label} failed, such as ${failures[0]}. ${again}`);
    }
    await pipeline.close();
  }
}
