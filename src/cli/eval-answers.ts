import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Config } from '../config.js';
import type { AnswerRecord } from '../evaluation/answer-record.js';
import { summariseAnswers } from '../evaluation/answer-report.js';
import { answerTable } from '../evaluation/answer-table.js';
import { type Question, readQuestions, sampleQuestions } from '../evaluation/question.js';
import { createPipeline, dropClusterIndex } from '../pipeline/create-pipeline.js';
import { openSource } from '../retrieval/loaders/load.js';
import { askQuestions } from './ask-questions.js';
import { describeReport } from './ingest.js';
import { ingestCorpus } from './ingest-corpus.js';
import { configWith } from './options.js';
import { startProgress } from './progress.js';
import { openRecordFile, type RecordFile } from './record-file.js';

export interface EvaluateAnswersOptions {
  corpus: string;
  questions: string;
  json?: string;
  records?: string;
  resume?: boolean;
  limit?: number;
  seed: number;
  index?: string;
  deadlineMs?: number;
  candidates?: number;
}

/** Asks the questions, prints the table and writes what was asked for. */
export async function evaluateAnswers(options: EvaluateAnswersOptions): Promise<void> {
  const all = await readQuestions(options.questions);
  const questions = options.limit === undefined ? all : sampleQuestions(all, options.limit, options.seed);
  const file = await openRecordFile(options.records, options.resume ?? false);
  try {
    const records = await collectRecords(options, questions, file);
    const figures = summariseAnswers(records);
    const header = describeRun(options, questions.length, all.length, records);
    process.stdout.write(`${header}\n\n${answerTable(figures)}`);
    if (options.json) await writeFile(options.json, `${JSON.stringify(figures.report, null, 2)}\n`);
  } finally {
    await file.close();
  }
}

/** The records of all questions in their order: those of an earlier run, and of the questions that it left. */
async function collectRecords(
  options: EvaluateAnswersOptions,
  questions: readonly Question[],
  file: RecordFile,
): Promise<AnswerRecord[]> {
  const records = new Map(file.earlier.map((record) => [record.id, record]));
  const left = questions.filter(({ id }) => !records.has(id));
  const keep = async (record: AnswerRecord) => {
    records.set(record.id, record);
    await file.add(record);
  };
  if (left.length > 0) await inIndex(options.index, (dir) => answerAll(options, dir, left, keep));
  return questions.flatMap(({ id }) => records.get(id) ?? []);
}

/** Ctrl-C withdraws the question in flight; what was recorded stays. */
async function answerAll(
  { corpus, deadlineMs, candidates, records }: EvaluateAnswersOptions,
  indexDir: string,
  questions: readonly Question[],
  keep: (record: AnswerRecord) => Promise<void>,
): Promise<void> {
  const config = configWith({
    CANDOR_INDEX_DIR: indexDir,
    // In clusters an evaluation has an index of its own, which is removed with the temporary folder.
    CANDOR_CLUSTER_ALIAS: evaluationAlias(indexDir),
    CANDOR_ANSWER_DEADLINE_MS: deadlineMs,
    CANDOR_ANSWER_CANDIDATES: candidates,
  });
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const startedAt = performance.now();
    const report = await ingestCorpus(config, corpus, controller.signal);
    console.error(describeReport(report, basename(indexDir), performance.now() - startedAt));
    await ask(config, corpus, questions, controller.signal, keep);
  } catch (error) {
    if (controller.signal.aborted && records) console.error('Stopped. Add --resume to go on with what was recorded.');
    throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function ask(
  config: Config,
  corpus: string,
  questions: readonly Question[],
  signal: AbortSignal,
  keep: (record: AnswerRecord) => Promise<void>,
): Promise<void> {
  const texts = await readTexts(corpus, config.tenant);
  const { deadlineMs, candidates } = config.answer;
  const pipeline = await createPipeline(config, { warn: (message) => console.error(message) });
  const progress = startProgress('questions', questions.length);
  try {
    const asking = askQuestions(pipeline, questions, {
      access: { tenant: config.tenant, groups: [] },
      defaults: { queryMaxCharacters: config.server.queryMaxCharacters, answer: { deadlineMs, candidates } },
      textOf: (documentId) => texts.get(documentId),
      signal,
    });
    for await (const record of asking) {
      await keep(record);
      progress.tick();
    }
  } finally {
    progress.stop();
    await pipeline.close();
  }
}

/** Documents by id, as the corpus has them: quotes are held against these. */
async function readTexts(corpus: string, tenant: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const { items } = await openSource([corpus], { tenant, acl: [] });
  for await (const item of items) if (item.type === 'document') texts.set(item.document.id, item.document.text);
  return texts;
}

const evaluationAlias = (dir: string) =>
  `candor-eval-${basename(dir)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')}`;

/** A temporary folder is removed afterwards, one that was named is kept. */
async function inIndex(dir: string | undefined, work: (dir: string) => Promise<void>): Promise<void> {
  if (dir !== undefined) return await work(dir);
  const temporary = await mkdtemp(join(tmpdir(), 'candor-eval-'));
  try {
    await work(temporary);
  } finally {
    const config = configWith({ CANDOR_CLUSTER_ALIAS: evaluationAlias(temporary) });
    await dropClusterIndex(config, AbortSignal.timeout(60_000));
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What a reader of the table must know to repeat it. */
function describeRun(
  { corpus, questions, limit, seed }: EvaluateAnswersOptions,
  asked: number,
  all: number,
  records: readonly AnswerRecord[],
): string {
  const sample = limit === undefined ? '' : ` (${asked} of ${all}, seed ${seed})`;
  const ids = (part: keyof AnswerRecord['versions']) =>
    [...new Set(records.map(({ versions }) => versions[part]).filter((id) => id !== null))].join(' and ') || 'none';
  const parts = ['policy', 'reward', 'prompt', 'reranker', 'calibrator'] as const;
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim() ?? 'processor unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}`,
    `corpus ${basename(corpus)}, questions ${basename(questions)}${sample}`,
    parts.map((part) => `${part} ${ids(part)}`).join(', '),
  ].join('\n');
}
