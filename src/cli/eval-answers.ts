import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ServiceError } from '../errors.js';
import type { AnswerRecord } from '../evaluation/answer-record.js';
import { summariseAnswers } from '../evaluation/answer-report.js';
import { answerTable } from '../evaluation/answer-table.js';
import { checkGates, type GateVerdict, readGate } from '../evaluation/gate.js';
import type { RankedAnswer } from '../evaluation/measures/risk-coverage.js';
import { isRecord, type RecordedAnswer, readAnswers } from '../evaluation/plain-answer.js';
import { type Question, readQuestions, sampleQuestions } from '../evaluation/question.js';
import { answersHtml } from '../evaluation/report/answers-html.js';
import { reliabilityFigure, riskCoverageFigure } from '../evaluation/report/confidence-figures.js';
import { writeFigure } from '../evaluation/report/figure-file.js';
import { dropClusterIndex } from '../pipeline/create-pipeline.js';
import { askPipeline, isUnasked } from './ask-pipeline.js';
import { citedBy, readDocuments } from './corpus-documents.js';
import { describeReport } from './ingest.js';
import { ingestCorpus } from './ingest-corpus.js';
import { interruptible } from './interruptible.js';
import { configWith } from './options.js';
import { openRecordFile, type RecordFile } from './record-file.js';
import { judgeByReward } from './reward-judge.js';

export interface EvaluateAnswersOptions {
  corpus?: string;
  questions?: string;
  answers?: string;
  minConfidence?: number;
  json?: string;
  html?: string;
  figures?: string;
  gate?: string;
  judge?: boolean;
  against?: string;
  records?: string;
  resume?: boolean;
  limit?: number;
  seed: number;
  index?: string;
  deadlineMs?: number;
  candidates?: number;
}

/** What asking needs. */
type AskingOptions = EvaluateAnswersOptions & { corpus: string; questions: string };

/** The figures are there, and one is not as it should be. */
const GATE_FAILED = 3;

/**
 * Asks the questions or reads the answers, prints the table and writes what was asked for.
 *
 * @returns The exit code: 0, or 3 when a gate failed.
 */
export async function evaluateAnswers(options: EvaluateAnswersOptions): Promise<number> {
  checkOptions(options);
  const gate = options.gate === undefined ? null : await readGate(options.gate); // Before hours of work, not after.
  const all = options.questions === undefined ? undefined : await readQuestions(options.questions);
  const questions = all && options.limit !== undefined ? sampleQuestions(all, options.limit, options.seed) : all;
  const sample = all === questions ? '' : ` (${questions?.length} of ${all?.length}, seed ${options.seed})`;
  const answers =
    options.answers === undefined
      ? await askAll(options as AskingOptions, questions ?? [])
      : await readAll(options, options.answers, questions);
  const wanted = options.answers === undefined || options.corpus === undefined ? new Set<string>() : citedBy(answers);
  const documents = await readDocuments(options.corpus, wanted);
  const figures = summariseAnswers(answers, { textOf: (documentId) => documents.get(documentId)?.document.text });
  if (options.judge) figures.report.judge = await judgeByReward(answers, options, questions);
  const description = describeRun(options, sample, answers);
  process.stdout.write(`${description}\n\n${answerTable(figures)}`);
  if (options.json) await writeFile(options.json, `${JSON.stringify(figures.report, null, 2)}\n`);
  if (options.html) await writeFile(options.html, answersHtml(figures, { description }));
  if (options.figures) await drawFigures(options.figures, figures.ranked);
  return gate ? reportGates(checkGates(gate, figures.report)) : 0;
}

async function drawFigures(dir: string, answers: readonly RankedAnswer[]): Promise<void> {
  await writeFigure(dir, 'reliability', reliabilityFigure(answers, 'Reliability'));
  const curves = [{ name: 'confidence', answers }];
  await writeFigure(dir, 'risk-coverage', riskCoverageFigure(curves, 'Risk and coverage'));
}

/** @throws ServiceError `invalid-request` for options that do not go together. */
function checkOptions(options: EvaluateAnswersOptions): void {
  const { answers, corpus, questions, judge, against, records, resume, limit, minConfidence } = options;
  const wrong = (message: string) => new ServiceError('invalid-request', { message });
  if (answers === undefined && (corpus === undefined || questions === undefined))
    throw wrong('Expected --corpus FILE and --questions FILE, or --answers FILE.');
  if (answers !== undefined && (records !== undefined || resume))
    throw wrong('--records and --resume are for asking; with --answers nothing is asked.');
  if (answers === undefined && minConfidence !== undefined) throw wrong('--min-confidence needs --answers FILE.');
  if (limit !== undefined && questions === undefined) throw wrong('--limit needs --questions FILE.');
  if (against !== undefined && !judge) throw wrong('--against needs --judge.');
}

async function askAll(options: AskingOptions, questions: readonly Question[]): Promise<AnswerRecord[]> {
  const file = await openRecordFile(options.records, options.resume ?? false);
  try {
    return await collectRecords(options, questions, file);
  } finally {
    await file.close();
  }
}

async function readAll(
  { minConfidence, limit }: EvaluateAnswersOptions,
  path: string,
  questions: readonly Question[] | undefined,
): Promise<RecordedAnswer[]> {
  const { answers, unasked } = await readAnswers(path, { questions, minConfidence });
  const missing = answers.filter((answer) => !isRecord(answer) && answer.missing).length;
  if (missing > 0)
    console.error(`${path}: no line for ${missing} of ${answers.length} questions; they count as not answered.`);
  if (unasked.length > 0 && limit === undefined)
    console.error(`${path}: ${unasked.length} lines answer no question that was asked, such as ${unasked[0]}.`);
  return answers;
}

/** The gates that failed, one line each. */
function reportGates(verdicts: readonly GateVerdict[]): number {
  const failed = verdicts.filter(({ passed }) => !passed);
  for (const { message } of failed) console.error(`gate failed: ${message}`);
  console.error(`${verdicts.length - failed.length} of ${verdicts.length} gates passed`);
  return failed.length > 0 ? GATE_FAILED : 0;
}

/** The records of all questions in their order: those of an earlier run, and of the questions that it left or that failed. */
async function collectRecords(
  options: AskingOptions,
  questions: readonly Question[],
  file: RecordFile,
): Promise<AnswerRecord[]> {
  const records = new Map(file.earlier.map((record) => [record.id, record]));
  const left = questions.filter(({ id }) => isUnasked(records.get(id)));
  const keep = async (record: AnswerRecord) => {
    records.set(record.id, record);
    await file.add(record);
  };
  if (left.length > 0) await inIndex(options.index, (dir) => answerAll(options, dir, left, keep));
  return questions.flatMap(({ id }) => records.get(id) ?? []);
}

/** Ctrl-C withdraws the question in flight; what was recorded stays. */
async function answerAll(
  { corpus, deadlineMs, candidates, records }: AskingOptions,
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
  const startedAt = performance.now();
  await interruptible(async (signal) => {
    const report = await ingestCorpus(config, corpus, signal);
    console.error(describeReport(report, basename(indexDir), performance.now() - startedAt));
    const documents = await readDocuments(corpus);
    const textOf = (documentId: string) => documents.get(documentId)?.document.text;
    await askPipeline(config, questions, { label: 'questions', textOf, signal, keep });
  }, records && 'Add --resume to go on with what was recorded.');
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
  { corpus, questions, answers }: EvaluateAnswersOptions,
  sample: string,
  recorded: readonly RecordedAnswer[],
): string {
  const records = recorded.filter(isRecord);
  const ids = (part: keyof AnswerRecord['versions']) =>
    [...new Set(records.map(({ versions }) => versions[part]).filter((id) => id !== null))].join(' and ') || 'none';
  const parts = ['policy', 'reward', 'prompt', 'reranker', 'calibrator'] as const;
  const files = Object.entries({ answers, corpus, questions }).flatMap(([name, path]) =>
    path === undefined ? [] : `${name} ${basename(path)}`,
  );
  const machine = `${cpus()[0]?.model.trim() ?? 'processor unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  return [
    `${new Date().toISOString().slice(0, 10)}${answers === undefined ? `, ${machine}` : ''}`,
    `${files.join(', ')}${sample}`,
    ...(records.length > 0 ? [parts.map((part) => `${part} ${ids(part)}`).join(', ')] : []),
  ].join('\n');
}
