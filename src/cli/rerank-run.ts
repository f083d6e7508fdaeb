import { writeFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { ServiceError } from '../errors.js';
import { readDocuments } from '../evaluation/formats/corpus.js';
import { readQrels } from '../evaluation/formats/qrels.js';
import { readQueries } from '../evaluation/formats/queries.js';
import { type RankedDocument, type Run, readRun, writeRun } from '../evaluation/formats/run.js';
import { prepareJudgements } from '../evaluation/judgements.js';
import { parseMeasures } from '../evaluation/measures/ranking/parse-measure.js';
import { type DepthFigures, depthFigures, type RerankedAtDepth, rerankHead } from '../evaluation/rerank-depth.js';
import { openScorer, type ScorerChoice } from '../pipeline/create-pipeline.js';
import { runUntil } from '../pipeline/deadline.js';
import type { DocumentScorer, ScorableDocument } from '../ranking/document-scorer.js';
import { interruptible } from './interruptible.js';
import { configWith } from './options.js';
import { startProgress } from './progress.js';
import { openScoreCache, type ScoreCache } from './score-cache.js';

export interface RerankOptions {
  run: string;
  queries: string;
  corpus: string;
  reranker: string;
  model?: string;
  apiKeyEnv?: string;
  listwise?: boolean;
  depth: number;
  output?: string;
  tag?: string;
  cache?: string;
  concurrency: number;
  timeoutMs: number;
  sweep?: number[];
  qrels?: string;
  measures: string[];
  json?: string;
}

/** Done, and some queries kept their old order. */
const SOME_FAILED = 3;
const PRINTED_FAILURES = 10;

/**
 * Reranks a run of a file and, where asked, judges it at several depths.
 *
 * @returns The exit code: 0, or 3 when some queries failed.
 * @throws ServiceError when all failed, or a file or model cannot be read.
 */
export async function rerankFile(options: RerankOptions): Promise<number> {
  const { sweep = [], output, tag, depth } = options;
  const invalid = (message: string) => new ServiceError('invalid-request', { message });
  if (output === undefined && sweep.length === 0) throw invalid('Expected -o FILE, or --sweep with --qrels, or both.');
  if (sweep.length > 0 && options.qrels === undefined) throw invalid('--sweep needs --qrels, to judge the depths by.');
  if (options.json !== undefined && sweep.length === 0) throw invalid('--json needs --sweep.');
  const choice = scorerChoice(options);
  const measures = parseMeasures(options.measures);
  const judgements = options.qrels === undefined ? null : prepareJudgements(await readQrels(options.qrels));
  const depths = [...new Set([...sweep, ...(output === undefined ? [] : [depth])])].sort((a, b) => a - b);
  const run = await readRun(options.run);
  const work = await readWork(options, run, depths.at(-1) ?? depth);
  const outcomes = await scoreAll(options, choice, work, depths);

  const failures = outcomes.filter(({ error }) => error !== null);
  reportFailures(failures);
  if (failures.length === outcomes.length && failures[0])
    throw new ServiceError('inference-failed', { message: 'Every query failed; nothing was written.' });
  const at = (wanted: number) => atDepth(run, work, outcomes, wanted);
  if (output !== undefined) {
    await writeRun(output, at(depth).run.topics, tag ?? options.reranker);
    console.error(`${output}: ${run.topics.size} queries, the first ${depth} documents of each reranked`);
  }
  if (judgements && sweep.length > 0) {
    const asked = [...new Set(sweep)].sort((a, b) => a - b);
    const figures = depthFigures([{ depth: 0, run, latencyMs: [], failed: 0 }, ...asked.map(at)], judgements, measures);
    process.stdout.write(sweepTable(figures));
    if (options.json)
      await writeFile(options.json, `${JSON.stringify({ reranker: options.reranker, depths: figures }, null, 2)}\n`);
  }
  return failures.length > 0 ? SOME_FAILED : 0;
}

function scorerChoice({ reranker, model, apiKeyEnv, listwise = false }: RerankOptions): ScorerChoice {
  if (reranker === 'cross-encoder' || reranker === 'reward') return { kind: reranker };
  const pointwise = !listwise;
  const [, command] = /^command:(.*\S.*)$/s.exec(reranker) ?? [];
  if (command !== undefined) return { kind: 'command', command, pointwise };
  if (/^https?:\/\//.test(reranker) && URL.canParse(reranker)) {
    const apiKey = apiKeyEnv === undefined ? undefined : process.env[apiKeyEnv];
    if (apiKeyEnv !== undefined && !apiKey)
      throw new ServiceError('invalid-request', { message: `--api-key-env: the variable ${apiKeyEnv} is not set.` });
    return { kind: 'http', url: reranker, model, apiKey, pointwise };
  }
  const message = `--reranker: expected cross-encoder, reward, an http(s) address or command:PROGRAM, received ${reranker}.`;
  throw new ServiceError('invalid-request', { message });
}

/** One query with what is to be scored. */
interface QueryWork {
  topic: string;
  /** `null`: the queries have no text for it. */
  query: string | null;
  /** The first documents, those that the corpus has; by place in the ranking. */
  documents: { rank: number; document: ScorableDocument }[];
  ranking: readonly RankedDocument[];
}

async function readWork(
  { queries: queriesPath, corpus }: RerankOptions,
  run: Run,
  depth: number,
): Promise<QueryWork[]> {
  const queries = await readQueries(queriesPath);
  const wanted = new Set<string>();
  for (const ranking of run.topics.values())
    for (const { documentId } of ranking.slice(0, depth)) wanted.add(documentId);
  const documents = await readDocuments(corpus, wanted);
  if (documents.size === 0)
    throw new ServiceError('invalid-request', { message: `${corpus}: has none of the documents of the run.` });
  if (documents.size < wanted.size)
    console.error(
      `${corpus}: lacks ${wanted.size - documents.size} of ${wanted.size} documents; they stand behind the others.`,
    );
  return [...run.topics].map(([topic, ranking]) => ({
    topic,
    query: queries.get(topic) ?? null,
    ranking,
    documents: ranking.slice(0, depth).flatMap(({ documentId }, rank) => {
      const document = documents.get(documentId);
      return document ? [{ rank, document }] : [];
    }),
  }));
}

/** What became of one query. */
interface QueryOutcome {
  topic: string;
  /** By depth, as far as it came: scores by document, and the time since the start; `null` when the cache helped. */
  depths: Map<number, { scores: Map<string, number>; elapsedMs: number | null }>;
  error: string | null;
}

async function scoreAll(
  { cache: cachePath, concurrency, timeoutMs }: RerankOptions,
  choice: ScorerChoice,
  work: readonly QueryWork[],
  depths: readonly number[],
): Promise<QueryOutcome[]> {
  const cache = await openScoreCache(cachePath);
  const progress = startProgress('queries', work.length);
  let scorer: DocumentScorer | undefined;
  try {
    return await interruptible(async (signal) => {
      const opened = await openScorer(configWith({}), choice);
      scorer = opened;
      const limit = pLimit(concurrency);
      return await Promise.all(
        work.map((each) =>
          limit(async () => {
            const outcome = await scoreQuery(opened, cache, each, depths, timeoutMs, signal);
            progress.tick();
            return outcome;
          }),
        ),
      );
    }, cachePath && 'The same command goes on with what is scored.');
  } finally {
    progress.stop();
    await scorer?.close();
    await cache.close();
  }
}

/** Depth after depth: a pointwise scorer looks at each document once, a listwise one at each list. */
async function scoreQuery(
  scorer: DocumentScorer,
  cache: ScoreCache,
  { topic, query, documents }: QueryWork,
  depths: readonly number[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<QueryOutcome> {
  const outcome: QueryOutcome = { topic, depths: new Map(), error: null };
  if (query === null) return { ...outcome, error: 'the queries have no text for it' };
  let scores = new Map<string, number>();
  let elapsedMs: number | null = 0;
  let from = 0;
  try {
    for (const depth of depths) {
      const first = scorer.pointwise ? from : 0;
      const part = documents.filter(({ rank }) => rank >= first && rank < depth).map(({ document }) => document);
      const startedAt = performance.now();
      const scored = await runUntil(signal, timeoutMs, (inTime) => cache.score(scorer, query, part, inTime));
      const ownMs = performance.now() - startedAt;
      const isMeasured = part.length === 0 || scored.fresh;
      elapsedMs = isMeasured && elapsedMs !== null ? ownMs + (scorer.pointwise ? elapsedMs : 0) : null;
      scores = new Map([
        ...(scorer.pointwise ? scores : []),
        ...part.map(({ id }, index) => [id, scored.scores[index] ?? 0] as const),
      ]);
      outcome.depths.set(depth, { scores, elapsedMs });
      from = depth;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    outcome.error = error instanceof Error ? error.message : String(error);
  }
  return outcome;
}

function atDepth(
  run: Run,
  work: readonly QueryWork[],
  outcomes: readonly QueryOutcome[],
  depth: number,
): RerankedAtDepth {
  const topics = new Map<string, RankedDocument[]>();
  const latencyMs: number[] = [];
  let failed = 0;
  for (const [index, { topic, ranking }] of work.entries()) {
    const reached = outcomes[index]?.depths.get(depth);
    topics.set(topic, reached ? rerankHead(ranking, reached.scores, depth) : [...ranking]);
    if (!reached) failed += 1;
    else if (reached.elapsedMs !== null) latencyMs.push(reached.elapsedMs);
  }
  return { depth, run: { name: run.name, topics }, latencyMs, failed };
}

function reportFailures(failures: readonly QueryOutcome[]): void {
  for (const { topic, error } of failures.slice(0, PRINTED_FAILURES)) console.error(`query ${topic} failed: ${error}`);
  const more = failures.length - PRINTED_FAILURES;
  if (more > 0) console.error(`… and ${more} more`);
  if (failures.length > 0) console.error(`${failures.length} queries kept their old order`);
}

function sweepTable(figures: readonly DepthFigures[]): string {
  const names = Object.keys(figures[0]?.measures ?? {});
  const cell = (value: number | null | undefined, digits: number) =>
    (value == null ? '-' : value.toFixed(digits)).padStart(10);
  const head = `${'depth'.padStart(6)}${names.map((name) => name.padStart(10)).join('')}${'ms p50'.padStart(10)}${'ms p95'.padStart(10)}${'failed'.padStart(8)}`;
  const rows = figures.map(
    ({ depth, measures, latencyMs, failed }) =>
      `${String(depth).padStart(6)}${names.map((name) => cell(measures[name], 4)).join('')}` +
      `${cell(latencyMs.p50, 1)}${cell(latencyMs.p95, 1)}${String(failed).padStart(8)}`,
  );
  return `${[head, ...rows].join('\n')}\n`;
}
