/**
 * Retrieval over whole collections in one table: a plain BM25 of the same engine, and Candor's words, vectors, both fused,
 * and the fused ones reranked; with intervals and tests of significance. Runs and a report are written.
 *
 *   node benchmarks/ir-collections.mjs --data ../shared/data
 *   npm run eval:retrieval -- --sets "cacm squad"
 *   npm run eval:retrieval -- --driver clusters --systems "bm25 lexical"     (ELASTICSEARCH_URL, QDRANT_URL)
 */
import './said-errors.js';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configWith } from '../src/cli/options.js';
import { startProgress } from '../src/cli/progress.js';
import { readQrels } from '../src/evaluation/formats/qrels.js';
import { readQueries } from '../src/evaluation/formats/queries.js';
import { type RankedDocument, writeRun } from '../src/evaluation/formats/run.js';
import { parseMeasures } from '../src/evaluation/measures/ranking/parse-measure.js';
import { reportRuns } from '../src/evaluation/report/runs-report.js';
import { runsText } from '../src/evaluation/report/runs-tables.js';
import { drawResamples, meanInterval } from '../src/evaluation/significance/mean-interval.js';
import { OnnxCrossEncoder } from '../src/ranking/drivers/onnx-cross-encoder.js';
import { ElasticsearchIndex } from '../src/retrieval/drivers/elasticsearch.js';
import { EmbeddedIndex } from '../src/retrieval/drivers/embedded.js';
import { OnnxEmbedder } from '../src/retrieval/drivers/onnx-embedder.js';
import { QdrantIndex } from '../src/retrieval/drivers/qdrant.js';
import { fuse } from '../src/retrieval/fusion.js';
import { ingest } from '../src/retrieval/ingest.js';
import type { Loaded } from '../src/retrieval/loaders/loader.js';
import { PairedIndexer } from '../src/retrieval/paired-indexer.js';
import { retrieveMany } from '../src/retrieval/retrieve-many.js';
import type { RetrievalRequest } from '../src/retrieval/retriever.js';
import { loadSentenceSplitter } from '../src/retrieval/sentences.js';
import type { Query, ScoredPassage } from '../src/types.js';
import { CachedEmbedder } from './cached-embedder.js';
import { noModel } from './no-model.js';
import { type PlainBm25, type PlainDocument, plainElasticsearch, plainLance } from './plain-bm25.js';
import { seededSample } from './squad-sets.mjs';

const SYSTEMS = ['bm25', 'lexical', 'dense', 'hybrid', 'reranked'] as const;
type System = (typeof SYSTEMS)[number];
/** Topics that are embedded and asked together. */
const TOPICS_AT_ONCE = 32;
const MEASURES = ['nDCG@10', 'R@5', 'R@20', 'R@100', 'AP'];

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: 'vaswani cacm squad cmrc2018' },
    systems: { type: 'string', default: SYSTEMS.join(' ') },
    driver: { type: 'string', default: 'embedded' },
    /** Passages that a retriever gives. */
    limit: { type: 'string', default: '1000' },
    'rerank-depth': { type: 'string', default: '20' },
    /** Topics and documents of a smaller version of a set: a sample of topics, what is relevant to them, and the first others. */
    topics: { type: 'string', default: '0' },
    documents: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    /** Without extension; the table, and a JSON file with the same. */
    out: { type: 'string' },
  },
});
const limit = Number(values.limit);
const rerankDepth = Number(values['rerank-depth']);
const systems = SYSTEMS.filter((system) => values.systems.split(/[ ,]+/).includes(system));
const needsModel = systems.some((system) => system !== 'bm25' && system !== 'lexical');
const config = configWith({});
const signal = new AbortController().signal;
const split = await loadSentenceSplitter(config.promptsDir);
const { modelsDir, models, inference } = config;

const embedder = needsModel
  ? new CachedEmbedder(
      await OnnxEmbedder.start({ modelDir: join(modelsDir, models.embedder), ...inference }),
      'benchmarks/sets/vectors.bin',
    )
  : noModel;
const reranker = systems.includes('reranked')
  ? await OnnxCrossEncoder.start({ modelDir: join(modelsDir, models.reranker), ...inference })
  : null;

interface TestSet {
  name: string;
  documents: (PlainDocument & { language?: string })[];
  queries: Map<string, string>;
  /** What is said of it in the table. */
  size: string;
}

const blocks: string[] = [];
const table: Record<string, unknown>[] = [];
for (const name of values.sets.split(/[ ,]+/)) {
  const set = await readSet(name);
  const runs = await runAll(set);
  const dir = join('benchmarks/sets', name, `runs-${values.driver}`);
  await mkdir(dir, { recursive: true });
  const files = [];
  for (const [system, topics] of runs) {
    const path = join(dir, `${system}.run.gz`);
    await writeRun(path, topics, system);
    files.push({ name: system, path });
  }
  const qrels = join(dir, 'qrels.txt');
  await writeQrels(name, qrels, set.queries);
  const report = await reportRuns(qrels, files, parseMeasures(MEASURES), {
    baseline: systems.includes('bm25') ? 'bm25' : undefined,
    missing: 'zero',
    permutations: 10_000,
    resamples: 2_000,
    seed: 1,
  });
  blocks.push(`${name}: ${set.size}\n\n${runsText(report)}`);
  for (const run of report.runs) table.push(rowOf(name, run));
  console.error(blocks.at(-1));
}
await Promise.all([embedder.close(), reranker?.close()]);
const text = `${heading()}\n\n${asTable()}\n\n${blocks.join('\n\n')}\n`;
process.stdout.write(text);
if (values.out) {
  await writeFile(`${values.out}.txt`, text);
  await writeFile(`${values.out}.json`, `${JSON.stringify({ ...values, rows: table }, null, 2)}\n`);
}

function heading(): string {
  const at = `${values.driver}, reranking depth ${rerankDepth}, ${limit} passages of each retriever`;
  return `Retrieval (${at}). Means with 95 % bootstrap intervals over topics. Plain BM25 is the same engine without settings.`;
}

interface Row {
  set: string;
  system: string;
  [measure: string]: unknown;
}

function rowOf(set: string, run: { name: string; values: { perTopic: Float64Array; mean: number | null }[] }): Row {
  const cells = MEASURES.map((measure, index) => {
    const perTopic = run.values[index]?.perTopic ?? new Float64Array();
    const interval = meanInterval(perTopic, drawResamples(perTopic.length, 2_000, 1));
    return [measure, { mean: run.values[index]?.mean, low: interval.low, high: interval.high }] as const;
  });
  return { set, system: run.name, ...Object.fromEntries(cells) };
}

function asTable(): string {
  const figure = (cell: unknown) => {
    const { mean, low, high } = cell as { mean: number; low: number; high: number };
    return `${(100 * mean).toFixed(1)} (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`.padEnd(22);
  };
  const head = ['set'.padEnd(10), 'system'.padEnd(9), ...MEASURES.map((measure) => measure.padEnd(22))].join(' ');
  const rows = (table as Row[]).map((row) =>
    [row.set.padEnd(10), row.system.padEnd(9), ...MEASURES.map((measure) => figure(row[measure]))].join(' '),
  );
  return [head, ...rows].join('\n');
}

async function readSet(name: string): Promise<TestSet> {
  const dir = join('benchmarks/sets', name);
  const lines = (await readFile(join(dir, 'corpus.jsonl'), 'utf8')).trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as TestSet['documents'][number]);
  const { topics: judged } = await readQrels(dir);
  const queries = [...(await readQueries(dir))].filter(([topic]) => judged.has(topic));
  const wanted = Number(values.topics) || queries.length;
  const chosen = new Map(
    seededSample(
      queries.map(([id, text]) => ({ id, text })),
      wanted,
      values.seed,
    ).map(({ id, text }) => [id, text]),
  );
  const relevant = new Set<string>();
  for (const topic of chosen.keys()) for (const id of judged.get(topic)?.keys() ?? []) relevant.add(id);
  const kept = all.filter(({ id }) => relevant.has(id));
  const others = all.filter(({ id }) => !relevant.has(id));
  const room = Math.max(0, (Number(values.documents) || all.length) - kept.length);
  const documents = room >= others.length ? all : [...kept, ...others.slice(0, room)];
  const size = `${documents.length} of ${all.length} documents, ${chosen.size} of ${queries.length} judged topics`;
  return { name, documents, queries: chosen, size };
}

async function writeQrels(name: string, path: string, queries: Map<string, string>): Promise<void> {
  const { topics } = await readQrels(join('benchmarks/sets', name));
  const lines = [...topics]
    .filter(([topic]) => queries.has(topic))
    .flatMap(([topic, documents]) => [...documents].map(([id, grade]) => `${topic} 0 ${id} ${Number(grade)}\n`));
  await writeFile(path, lines.join(''));
}

async function openIndex(set: TestSet) {
  const { elasticsearch, qdrant } = config;
  const alias = `eval-retrieval-${set.name}`;
  if (values.driver === 'embedded') {
    const index = new EmbeddedIndex({
      dir: `.candor/eval-retrieval/${set.name}-${embedder.modelId.replace(/\W+/g, '-')}`,
      embedder,
    });
    return {
      indexer: index,
      lexical: index.lexicalRetriever(),
      dense: index.denseRetriever(),
      close: () => index.close(),
    };
  }
  const lexical = new ElasticsearchIndex({ ...elasticsearch, alias, embedder });
  const dense = qdrant.url
    ? new QdrantIndex({ url: qdrant.url, apiKey: qdrant.apiKey, alias, embedder, exact: true })
    : null;
  return {
    indexer: dense ? new PairedIndexer(lexical, dense) : lexical,
    lexical: lexical.lexicalRetriever(),
    dense: dense?.denseRetriever() ?? null,
    async close() {
      for (const store of [lexical, dense]) await store?.drop(signal).finally(() => store.close());
    },
  };
}

function openPlain(set: TestSet): Promise<PlainBm25> {
  const { url } = config.elasticsearch;
  if (values.driver !== 'embedded' && url) return plainElasticsearch(url, `plain-${set.name}`, set.documents);
  return plainLance(`.candor/eval-retrieval/${set.name}-plain`, set.documents);
}

async function* loaded(set: TestSet): AsyncGenerator<Loaded> {
  for (const { id, title, text, language } of set.documents) {
    const document = { id, title, text, language, url: '', tenant: config.tenant, acl: [], metadata: {} };
    yield { type: 'document', document, headings: [], file: set.name };
  }
}

async function runAll(set: TestSet): Promise<Map<System, Map<string, RankedDocument[]>>> {
  const runs = new Map(systems.map((system) => [system, new Map<string, RankedDocument[]>()]));
  if (runs.has('bm25')) {
    const plain = await openPlain(set);
    for (const [topic, text] of set.queries) runs.get('bm25')?.set(topic, await plain.search(text, limit));
    await plain.close();
  }
  if (systems.every((system) => system === 'bm25')) return runs;
  const index = await openIndex(set);
  try {
    const report = await ingest(
      loaded(set),
      { embedder, indexer: index.indexer, split, onProgress: showProgress(set.name) },
      signal,
    );
    if (report.rejected.length > 0) console.error(`${set.name}: ${report.rejected.length} documents were rejected`);
    const progress = startProgress(`${set.name}: queries`, set.queries.size);
    const topics = [...set.queries];
    for (let start = 0; start < topics.length; start += TOPICS_AT_ONCE) {
      const group = topics.slice(start, start + TOPICS_AT_ONCE);
      const vectors = needsModel
        ? await embedder.embedQueries(
            group.map(([, text]) => text),
            signal,
          )
        : [];
      const requests = group.map(
        ([, text], at): RetrievalRequest => ({
          query: { text, access: { tenant: config.tenant, groups: [] } },
          queryVector: vectors[at],
          limit,
        }),
      );
      const byWords = await retrieveMany(index.lexical, requests, signal);
      const byVector = needsModel && index.dense ? await retrieveMany(index.dense, requests, signal) : [];
      for (const [at, [topic]] of group.entries()) {
        const { query } = requests[at] as RetrievalRequest;
        await keepRankings(runs, topic, query, byWords[at] ?? [], byVector[at]);
        progress.tick();
      }
    }
    progress.stop();
  } finally {
    await index.close();
  }
  return runs;
}

async function keepRankings(
  runs: Map<System, Map<string, RankedDocument[]>>,
  topic: string,
  query: Query,
  byWords: ScoredPassage[],
  byVector: ScoredPassage[] | undefined,
): Promise<void> {
  const keep = (system: System, passages: ScoredPassage[], score: Parameters<typeof documentsOf>[1]) =>
    runs.get(system)?.set(topic, documentsOf(passages, score));
  keep('lexical', byWords, ({ bm25Score }) => bm25Score);
  if (!byVector) return;
  const fused = fuse([
    { kind: 'lexical', passages: byWords },
    { kind: 'dense', passages: byVector },
  ]).slice(0, limit);
  keep('dense', byVector, ({ denseScore }) => denseScore);
  keep('hybrid', fused, ({ fusedScore }) => fusedScore);
  // The order of the reranker weighs the place before it too: there is no score on one scale.
  if (reranker) keep('reranked', await rerank(query, fused), (_, rank) => limit - rank);
}

async function rerank(query: Query, fused: readonly ScoredPassage[]): Promise<ScoredPassage[]> {
  const head = fused.slice(0, rerankDepth);
  const order = (await reranker?.rerank({ query, passages: head.map(({ passage }) => passage) }, signal)) ?? [];
  return [...order.map(({ index: at }) => head[at] as ScoredPassage), ...fused.slice(rerankDepth)];
}

/** A document has the place of its best passage. */
function documentsOf(
  passages: readonly ScoredPassage[],
  score: (passage: ScoredPassage, rank: number) => number | undefined,
): RankedDocument[] {
  const documents = new Map<string, number>();
  for (const [rank, found] of passages.entries())
    if (!documents.has(found.passage.documentId)) documents.set(found.passage.documentId, score(found, rank) ?? 0);
  return Array.from(documents, ([documentId, value]) => ({ documentId, score: value }));
}

function showProgress(name: string) {
  let shownAt = 0;
  return ({ stored }: { stored: number }) => {
    if (performance.now() - shownAt < 20_000) return;
    shownAt = performance.now();
    console.error(`${name}: ${stored} documents stored`);
  };
}
