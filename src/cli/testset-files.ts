import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { ServiceError } from '../errors.js';
import { readDocuments } from '../evaluation/formats/corpus.js';
import { parseJsonObject, readTextLines } from '../evaluation/formats/line-blocks.js';
import { readQrels } from '../evaluation/formats/qrels.js';
import { readQueries } from '../evaluation/formats/queries.js';
import { readRun } from '../evaluation/formats/run.js';
import { readJsonLines } from '../evaluation/json-lines.js';
import { type Label, measureAgreement, medianLabels, type Scale } from '../evaluation/testset/agreement.js';
import { poolRuns } from '../evaluation/testset/pool-runs.js';
import { countQueries, type LoggedQuery, sampleLoggedQueries } from '../evaluation/testset/sample-queries.js';
import { type SourcePassage, synthesiseQuestions } from '../evaluation/testset/synthetic-questions.js';
import { chunkDocument } from '../retrieval/chunking.js';
import { openSource } from '../retrieval/loaders/load.js';
import { loadSentenceSplitter } from '../retrieval/sentences.js';
import { runFiles } from './eval-runs.js';
import { configWith } from './options.js';

export interface SampleOptions {
  log: string;
  output: string;
  size: number;
  method: 'frequency' | 'uniform' | 'stratified';
  least: number;
  seed: number;
}

export interface PoolOptions {
  runs: string[];
  queries: string;
  corpus: string;
  output: string;
  depth: number;
  qrels?: string;
  seed: number;
}

export interface AgreementOptions {
  labels: string;
  scale: Scale;
  qrels?: string;
  json?: string;
}

export interface QuestionsOptions {
  corpus: string;
  output: string;
  count: number;
  seed: number;
  cloze: boolean;
}

const invalid = (message: string) => new ServiceError('invalid-request', { message });

async function writeLines(path: string, values: readonly unknown[]): Promise<void> {
  const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
  await writeFile(path, path.endsWith('.gz') ? gzipSync(text) : text);
}

/** `candor testset sample`. */
export async function sampleFile({ log, output, size, method, least, seed }: SampleOptions): Promise<void> {
  const all = countQueries(await readLoggedQueries(log));
  const queries = all.filter(({ count }) => count >= least);
  if (queries.length === 0) throw invalid(`${log}: no query was asked ${least} times.`);
  const sample = sampleLoggedQueries(queries, { size, method, seed });
  await writeLines(
    output,
    sample.map(({ query, ...rest }, index) => ({
      _id: `q${String(index + 1).padStart(5, '0')}`,
      text: query,
      ...rest,
    })),
  );
  const [asked, kept] = [all, queries].map((list) => list.reduce((sum, { count }) => sum + count, 0));
  console.error(
    `${output}: ${sample.length} of ${queries.length} distinct queries` +
      (kept === asked ? '' : `; ${all.length - queries.length} asked less than ${least} times were left out`),
  );
}

async function readLoggedQueries(path: string): Promise<LoggedQuery[]> {
  const queries: LoggedQuery[] = [];
  for await (const line of readTextLines(path, 'log')) {
    if (!line.text.startsWith('{')) {
      queries.push({ query: line.text, count: 1 });
      continue;
    }
    const { query, count = 1 } = parseJsonObject(line, path);
    if (typeof query !== 'string' || typeof count !== 'number' || !(count >= 1))
      throw invalid(`${path}:${line.line}: expected {"query": text, "count"?: 1 or more}.`);
    queries.push({ query, count });
  }
  return queries;
}

/** `candor testset pool`. */
export async function poolFiles(options: PoolOptions): Promise<void> {
  const { queries: queriesPath, corpus, output, depth, qrels, seed } = options;
  const runs = [];
  for (const { name, path } of runFiles(options.runs)) runs.push(await readRun(path, name));
  const judged = qrels === undefined ? undefined : (await readQrels(qrels)).topics;
  const pool = poolRuns(runs, { depth, seed, judged });
  const queries = await readQueries(queriesPath);
  const documents = await readDocuments(corpus, new Set(pool.map(({ documentId }) => documentId)));
  const tasks = pool.flatMap(({ topic, documentId }) => {
    const [query, document] = [queries.get(topic), documents.get(documentId)];
    if (query === undefined || document === undefined) return [];
    return [{ queryId: topic, query, documentId, title: document.title, text: document.text }];
  });
  await writeLines(output, tasks);
  const lost = pool.length - tasks.length;
  console.error(
    `${output}: ${tasks.length} documents of ${new Set(tasks.map(({ queryId }) => queryId)).size} queries to be judged` +
      (lost > 0 ? `; ${lost} lack their text in corpus or queries` : ''),
  );
}

const labelSchema = z.union([
  z.object({ queryId: z.string(), documentId: z.string(), annotator: z.string(), grade: z.number() }),
  z.object({ item: z.string(), annotator: z.string(), label: z.union([z.string(), z.number()]) }),
]);

/** `candor testset agreement`. */
export async function agreementFile({ labels: path, scale, qrels, json }: AgreementOptions): Promise<void> {
  const names = new Map<string, number>();
  const labels: Label[] = [];
  const graded: Label[] = [];
  const pairs = new Map<string, [queryId: string, documentId: string]>();
  for await (const line of readJsonLines(path, labelSchema, 'labels')) {
    if ('grade' in line) {
      const item = JSON.stringify([line.queryId, line.documentId]);
      pairs.set(item, [line.queryId, line.documentId]);
      graded.push({ item, annotator: line.annotator, value: line.grade });
      labels.push({ item, annotator: line.annotator, value: line.grade });
    } else {
      const { item, annotator, label } = line;
      if (typeof label === 'string') {
        if (scale !== 'nominal') throw invalid(`${path}: the label ${label} has no order; add --scale nominal.`);
        if (!names.has(label)) names.set(label, names.size);
      }
      labels.push({ item, annotator, value: typeof label === 'number' ? label : (names.get(label) ?? 0) });
    }
  }
  if (labels.length === 0) throw invalid(`${path}: there is no label.`);
  const agreement = measureAgreement(labels, scale);
  const show = (value: number | null) => (value === null ? 'not defined' : value.toFixed(4));
  const lines = [
    `${agreement.items} items, ${agreement.annotators} annotators, ${agreement.labels} labels`,
    `equal labels of one item      ${show(agreement.observed)}`,
    `Krippendorff's alpha          ${show(agreement.alpha)}  (${scale})`,
    `Fleiss' kappa                 ${show(agreement.fleiss)}`,
    ...agreement.pairs
      .filter(({ items }) => items > 0)
      .map(({ annotators: [a, b], items, kappa }) => `Cohen's kappa, ${a} and ${b}: ${show(kappa)} on ${items} items`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (json) await writeFile(json, `${JSON.stringify({ scale, ...agreement }, null, 2)}\n`);
  if (qrels === undefined) return;
  if (graded.length === 0)
    throw invalid(`--qrels needs lines {queryId, documentId, annotator, grade}; ${path} has none.`);
  const grades = [...medianLabels(graded)].map(([item, grade]) => {
    const [queryId, documentId] = pairs.get(item) ?? ['', ''];
    return `${queryId} 0 ${documentId} ${grade}\n`;
  });
  await writeFile(qrels, grades.join(''));
  console.error(`${qrels}: ${grades.length} judgements, the median of each document's grades`);
}

/** `candor testset questions`. */
export async function questionsFile({ corpus, output, count, seed, cloze }: QuestionsOptions): Promise<void> {
  const config = configWith({});
  const split = await loadSentenceSplitter(config.promptsDir);
  const { items } = await openSource([corpus], { tenant: config.tenant, acl: [] });
  const passages: SourcePassage[] = [];
  for await (const loaded of items) {
    if (loaded.type === 'document') passages.push(...chunkDocument(loaded.document, split, undefined, loaded));
  }
  const questions = synthesiseQuestions(passages, { count, seed, cloze });
  await writeLines(output, questions);
  console.error(
    `${output}: ${questions.length} synthetic questions from ${passages.length} passages. ` +
      'Nobody asked them: good to see whether something broke, not how good it is.',
  );
}
