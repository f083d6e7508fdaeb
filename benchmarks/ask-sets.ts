/** Asks question sets through the pipeline of the service; records are written as they come, so that a later run goes on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { askPipeline, isUnasked } from '../src/cli/ask-pipeline.js';
import { readDocuments } from '../src/cli/corpus-documents.js';
import { ingestCorpus } from '../src/cli/ingest-corpus.js';
import { configWith } from '../src/cli/options.js';
import { openRecordFile } from '../src/cli/record-file.js';
import { ServiceError } from '../src/errors.js';
import type { AnswerRecord } from '../src/evaluation/answer-record.js';
import { readQuestions } from '../src/evaluation/question.js';
import { shuffled } from '../src/evaluation/random.js';
import type { TrustSet } from './trust-metrics.js';

const CORPUS_OF: Readonly<Record<TrustSet, string>> = {
  natural: 'natural',
  adversarial: 'adversarial',
  clapnq: 'cited',
  quotesum: 'cited',
};

export interface AskSetOptions {
  /** Folder with `corpus.<name>.jsonl.gz` and `questions.<set>.jsonl.gz`; indexes are kept in it. */
  sets: string;
  records: string;
  /** Questions in all, those that are recorded included. @default all of the set */
  limit?: number | undefined;
  seed: number;
  deadlineMs: number;
  signal: AbortSignal;
}

/**
 * The questions of a random order, so that a run that was stopped has recorded a random sample. The same seed gives the same
 * order.
 */
export const inRandomOrder = <T>(questions: readonly T[], seed: number, limit = questions.length): T[] =>
  shuffled(questions, seed).slice(0, limit);

/**
 * Asks those questions of a set that no record answers yet.
 *
 * @throws ServiceError of the aborted signal, what was recorded stays; or naming a file that is missing.
 */
export async function askSet(
  set: TrustSet,
  { sets, records, limit, seed, deadlineMs, signal }: AskSetOptions,
): Promise<void> {
  const corpus = join(sets, `corpus.${CORPUS_OF[set]}.jsonl.gz`);
  const path = join(sets, `questions.${set}.jsonl.gz`);
  for (const needed of [corpus, path]) {
    if (existsSync(needed)) continue;
    const message = `${needed} is not there. benchmarks/README.md says how the sets are made; --sets DIR names their folder.`;
    throw new ServiceError('invalid-request', { message });
  }
  const questions = inRandomOrder(await readQuestions(path), seed, limit);
  const file = await openRecordFile(records, existsSync(records));
  try {
    const known = new Map(file.earlier.map((record) => [record.id, record]));
    const left = questions.filter(({ id }) => isUnasked(known.get(id)));
    console.error(`${set}: ${questions.length - left.length} of ${questions.length} questions are recorded`);
    if (left.length === 0) return;
    const config = configWith({
      CANDOR_INDEX_DIR: join(sets, `index.${CORPUS_OF[set]}`),
      CANDOR_ANSWER_DEADLINE_MS: deadlineMs,
    });
    await ingestCorpus(config, corpus, signal);
    const documents = await readDocuments(corpus);
    const textOf = (documentId: string) => documents.get(documentId)?.document.text;
    const keep = (record: AnswerRecord) => file.add(record);
    await askPipeline(config, left, { label: set, textOf, signal, keep });
  } finally {
    await file.close();
  }
}
