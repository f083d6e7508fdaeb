/**
 * Speed of an index at the size of a site: real passages are ingested (rate against the embedder's own, memory, size), then many
 * more with vectors derived from the real ones by small noise, and queries are timed with several clients at once.
 *
 *   npm run bench:retrieval -- --data ../shared/data/wikipedia/articles.jsonl.gz
 *   npm run bench:retrieval -- --driver clusters --ingest 2000 --passages 10000     (ELASTICSEARCH_URL, QDRANT_URL)
 */
import './said-errors.js';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from '@elastic/elasticsearch';
import { configWith } from '../src/cli/options.js';
import { percentile } from '../src/evaluation/measures/percentile.js';
import { chunkDocument } from '../src/retrieval/chunking.js';
import { ElasticsearchIndex } from '../src/retrieval/drivers/elasticsearch.js';
import { filterClauses, searchQuery } from '../src/retrieval/drivers/elasticsearch-schema.js';
import { EmbeddedIndex } from '../src/retrieval/drivers/embedded.js';
import { OnnxEmbedder } from '../src/retrieval/drivers/onnx-embedder.js';
import { QdrantIndex } from '../src/retrieval/drivers/qdrant.js';
import { clientOptions } from '../src/retrieval/elasticsearch-connection.js';
import type { Embedder } from '../src/retrieval/embedder.js';
import { HybridRetriever } from '../src/retrieval/hybrid-retriever.js';
import type { IndexableDocument, Indexer } from '../src/retrieval/indexer.js';
import { ingest } from '../src/retrieval/ingest.js';
import { openSource } from '../src/retrieval/loaders/load.js';
import type { LoadedDocument } from '../src/retrieval/loaders/loader.js';
import { PairedIndexer } from '../src/retrieval/paired-indexer.js';
import type { Retriever } from '../src/retrieval/retriever.js';
import { loadSentenceSplitter } from '../src/retrieval/sentences.js';
import type { Passage } from '../src/types.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/wikipedia/articles.jsonl.gz' },
    driver: { type: 'string', default: 'embedded' },
    /** Real passages, embedded and ingested. */
    ingest: { type: 'string', default: '20000' },
    /** Passages in the index while queries are timed. */
    passages: { type: 'string', default: '200000' },
    queries: { type: 'string', default: '200' },
    clients: { type: 'string', default: '1,8,32' },
    limit: { type: 'string', default: '100' },
    /** Where Qdrant keeps its files, if on this computer: it does not tell their size. */
    'qdrant-dir': { type: 'string' },
    out: { type: 'string' },
  },
});
const [ingestCount, passageCount, queryCount] = [values.ingest, values.passages, values.queries].map(Number) as [
  number,
  number,
  number,
];
const limit = Number(values.limit);
/** Length of the noise beside a unit vector: the copies stay near their original and are not equal to it. */
const NOISE = 0.1;
const WARM_QUERIES = 10;
const PUT_DOCUMENTS = 200;

const config = configWith({});
const signal = new AbortController().signal;
const access = { tenant: config.tenant, groups: [] };
const split = await loadSentenceSplitter(config.promptsDir);
const { modelsDir, models, inference, tenant } = config;
const embedder = await OnnxEmbedder.start({ modelDir: join(modelsDir, models.embedder), ...inference });
const report: Record<string, unknown> = {
  driver: values.driver,
  machine: `${cpus().length} cores, ${cpus()[0]?.model.trim()}, Node ${process.version}`,
  workers: inference.workers,
};

let peakRss = 0;
const watchMemory = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage().rss);
}, 200);
function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

const documents = await readDocuments();
const store = await openStore();
try {
  report.embedderPerSecond = await measureEmbedder();
  const real = await measureIngest();
  await fill(real);
  await measureQueries(real);
} finally {
  await store.drop();
  await embedder.close();
  clearInterval(watchMemory);
}
report.peakRssMiB = mib(peakRss);
for (const [name, value] of Object.entries(report)) console.log(`${name.padEnd(26)} ${JSON.stringify(value)}`);
console.log(JSON.stringify(report));
if (values.out) await writeFile(values.out, `${JSON.stringify(report, null, 2)}\n`);

/** The first articles that have enough passages together. */
async function readDocuments(): Promise<LoadedDocument[]> {
  const { items } = await openSource([values.data], { tenant, acl: [] });
  const read: LoadedDocument[] = [];
  let passages = 0;
  for await (const item of items) {
    if (passages >= ingestCount) break;
    if (item.type === 'rejected') continue;
    read.push(item);
    passages += chunkDocument(item.document, split, undefined, item).length;
  }
  return read;
}

interface Store {
  indexer: Indexer;
  lexical: Retriever;
  dense: Retriever;
  /** Bytes on the disk by store; `null` where it is not known. */
  bytes(): Promise<Record<string, number | null>>;
  /** The same questions, asked of each store without Candor; `null` where there is no store without it. */
  raw: ((text: string, vector: Float32Array) => Promise<unknown>)[] | null;
  drop(): Promise<void>;
}

async function openStore(): Promise<Store> {
  const { elasticsearch, qdrant } = config;
  if (values.driver === 'embedded') {
    const dir = '.candor/bench-retrieval';
    await rm(dir, { recursive: true, force: true });
    const index = new EmbeddedIndex({ dir, embedder });
    return {
      indexer: index,
      lexical: index.lexicalRetriever(),
      dense: index.denseRetriever(),
      bytes: async () => ({ embedded: await sizeOf(dir) }),
      raw: null,
      async drop() {
        await index.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  }
  if (!elasticsearch.url || !qdrant.url) throw new Error('--driver clusters needs ELASTICSEARCH_URL and QDRANT_URL.');
  const alias = 'bench-retrieval';
  const { url, caFile: _, ...credentials } = elasticsearch;
  const client = new Client(clientOptions({ ...credentials, url }));
  const _source = { excludes: ['document_text', 'structure', 'metadata_terms'] };
  const inTenant = {
    must: [
      { key: 'tenant', match: { value: tenant } },
      { key: 'acl_open', match: { value: true } },
    ],
  };
  const lexical = new ElasticsearchIndex({ ...elasticsearch, alias, embedder });
  const dense = new QdrantIndex({
    url: qdrant.url,
    apiKey: qdrant.apiKey,
    quantized: qdrant.quantized,
    alias,
    embedder,
  });
  for (const one of [lexical, dense]) await one.drop(signal);
  return {
    indexer: new PairedIndexer(lexical, dense),
    lexical: lexical.lexicalRetriever(),
    dense: dense.denseRetriever(),
    async bytes() {
      const stats = await client.indices.stats({ index: alias, metric: 'store' });
      const qdrantDir = values['qdrant-dir'];
      return {
        elasticsearch: stats._all.primaries?.store?.size_in_bytes ?? null,
        qdrant: qdrantDir === undefined ? null : await sizeOf(qdrantDir),
      };
    },
    raw: [
      (text) => client.search({ index: alias, size: limit, query: searchQuery(text, filterClauses(access)), _source }),
      (_, vector) =>
        fetch(`${qdrant.url}/collections/${alias}/points/query`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(qdrant.apiKey && { 'api-key': qdrant.apiKey }) },
          body: JSON.stringify({
            query: [...vector],
            filter: inTenant,
            limit,
            with_payload: { exclude: _source.excludes },
          }),
        }).then((reply) => reply.json()),
    ],
    async drop() {
      await client.close();
      for (const one of [lexical, dense]) await one.drop(signal).finally(() => one.close());
    },
  };
}

async function sizeOf(dir: string): Promise<number> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  const sizes = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

/** The rate that ingesting cannot exceed. Taken before and after it, since the machine may have other work. */
async function measureEmbedder(): Promise<number> {
  const sample = documents.flatMap((item) => chunkDocument(item.document, split, undefined, item)).slice(0, 256);
  await embedder.embedPassages(sample.slice(0, 16), signal);
  const startedAt = performance.now();
  await embedder.embedPassages(sample, signal);
  return perSecond(sample.length, startedAt);
}

function perSecond(count: number, startedAt: number): number {
  return Math.round((10_000 * count) / (performance.now() - startedAt)) / 10;
}

async function measureIngest(): Promise<IndexableDocument[]> {
  const real: IndexableDocument[] = [];
  const recording: Indexer = {
    name: store.indexer.name,
    info: (inTime) => store.indexer.info(inTime),
    fingerprints: (...call) => store.indexer.fingerprints(...call),
    put(put, inTime) {
      real.push(...put);
      return store.indexer.put(put, inTime);
    },
    chunkings: (...call) => store.indexer.chunkings(...call),
    usualChunking: (inTime) => store.indexer.usualChunking(inTime),
    acls: (...call) => store.indexer.acls(...call),
    delete: (...call) => store.indexer.delete(...call),
    optimize: async (inTime) => store.indexer.optimize?.(inTime),
    close: () => store.indexer.close(),
  };
  const startedAt = performance.now();
  const done = await ingest(each(documents), { embedder, indexer: recording, split }, signal);
  report.ingestedPassages = done.passages;
  report.ingestPerSecond = perSecond(done.passages, startedAt);
  report.ingestPeakRssMiB = mib(peakRss);
  report.embedderPerSecondAfter = await measureEmbedder();
  const rates = [report.embedderPerSecond, report.embedderPerSecondAfter].map(Number);
  report.ingestShareOfEmbedder = round((2 * Number(report.ingestPerSecond)) / ((rates[0] ?? 0) + (rates[1] ?? 0)));
  report.bytesPerPassage = await bytesPerPassage(done.passages);
  return real;
}

async function bytesPerPassage(passages: number) {
  const sizes = Object.entries(await store.bytes());
  return Object.fromEntries(sizes.map(([name, size]) => [name, size === null ? null : Math.round(size / passages)]));
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** Copies of the real documents under other ids, their vectors moved a little; their words are the same. */
async function fill(real: readonly IndexableDocument[]): Promise<void> {
  const random = gaussian(1);
  let passages = real.reduce((sum, item) => sum + item.passages.length, 0);
  for (let copy = 1; passages < passageCount; copy++) {
    for (let start = 0; start < real.length && passages < passageCount; start += PUT_DOCUMENTS) {
      const group = real.slice(start, start + PUT_DOCUMENTS).map((item) => copyOf(item, copy, random));
      await store.indexer.put(group, signal);
      passages += group.reduce((sum, item) => sum + item.passages.length, 0);
    }
  }
  await store.indexer.optimize?.(signal);
  report.passages = passages;
  report.bytesPerPassageFilled = await bytesPerPassage(passages);
  report.derived = 'beyond the ingested ones, texts repeat and vectors are real ones with noise of length 0.1';
}

function copyOf(item: IndexableDocument, copy: number, random: () => number): IndexableDocument {
  const id = `${item.document.id}~${copy}`;
  const passages = item.passages.map((one, ordinal): Passage => ({ ...one, documentId: id, id: `${id}#${ordinal}` }));
  const vectors = item.vectors.map((vector) => {
    const noise = NOISE / Math.sqrt(vector.length);
    const moved = vector.map((value) => value + noise * random());
    const length = Math.hypot(...moved);
    return moved.map((value) => value / length);
  });
  return { document: { ...item.document, id }, fingerprint: item.fingerprint, passages, vectors };
}

/** Standard normal values (Box and Muller) from a seed. */
function gaussian(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 4_294_967_297;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

async function measureQueries(real: readonly IndexableDocument[]): Promise<void> {
  const texts = queriesFrom(real.flatMap(({ passages }) => passages));
  const vectors = await embedder.embedQueries(texts, signal);
  const known = new Map(texts.map((text, index) => [text, vectors[index] as Float32Array]));
  // Embedding the query is a cost of its own, and measured apart: here its vector is known.
  const ready: Embedder = {
    modelId: embedder.modelId,
    dimensions: embedder.dimensions,
    maxTokens: embedder.maxTokens,
    embedQueries: async (asked) => asked.map((text) => known.get(text) as Float32Array),
    embedPassages: (...call) => embedder.embedPassages(...call),
    close: async () => undefined,
  };
  report.embedQueryMs = await timeOf(texts.slice(0, 20), (text) => embedder.embedQueries([text], signal));
  const rows: object[] = [];
  for (const clients of values.clients.split(',').map(Number)) rows.push(await measureClients(texts, ready, clients));
  report.queries = rows;
}

/** What a passage is about: its title and some words of its first sentence. */
function queriesFrom(passages: readonly Passage[]): string[] {
  const step = Math.max(1, Math.floor(passages.length / queryCount));
  const texts = passages
    .filter((_, index) => index % step === 0)
    .map(({ title, text }) => `${title} ${text.split(/\s+/).slice(2, 8).join(' ')}`.trim());
  return [...new Set(texts)].slice(0, queryCount);
}

async function measureClients(texts: readonly string[], ready: Embedder, clients: number) {
  const times: Times[] = [];
  let next = 0;
  const client = async () => {
    for (let at = next++; at < texts.length + WARM_QUERIES; at = next++) {
      const text = texts[at % texts.length] ?? '';
      const took = await askBothWays(text, ready, at % 2 === 0);
      if (at >= WARM_QUERIES) times.push(took);
    }
  };
  // Caches of the stores know each question by then, whoever asks it.
  for (const text of texts) await askRaw(text, ready);
  await Promise.all(Array.from({ length: clients }, client));
  const of = (name: keyof Times, share: number) =>
    round(
      percentile(
        times.map((one) => one[name] ?? 0),
        share,
      ) ?? 0,
    );
  const hybridMs = times.reduce((sum, one) => sum + one.hybridMs, 0) / times.length;
  return {
    clients,
    // Each client asks again when it has its reply.
    queriesPerSecond: round((1_000 * clients) / hybridMs),
    p50Ms: of('hybridMs', 0.5),
    p95Ms: of('hybridMs', 0.95),
    slowerStoreP50Ms: of('slowerMs', 0.5),
    slowerStoreP95Ms: of('slowerMs', 0.95),
    addedP50Ms: of('addedMs', 0.5),
    addedP95Ms: of('addedMs', 0.95),
    hybridBySlower: round(of('hybridMs', 0.5) / of('slowerMs', 0.5)),
    ...(store.raw && {
      rawSlowerP50Ms: of('rawMs', 0.5),
      rawSlowerP95Ms: of('rawMs', 0.95),
      addedToRawP50Ms: round(of('hybridMs', 0.5) - of('rawMs', 0.5)),
      addedToRawP95Ms: round(of('hybridMs', 0.95) - of('rawMs', 0.95)),
      hybridByRaw: round(of('hybridMs', 0.5) / of('rawMs', 0.5)),
    }),
  };
}

interface Times {
  hybridMs: number;
  /** Of the slower driver, within the hybrid search. */
  slowerMs: number;
  addedMs: number;
  /** Both stores at once and nothing else; absent where there is no store without Candor. */
  rawMs?: number;
}

/** One question through Candor and of the bare stores, one right after the other: which is first alternates. */
async function askBothWays(text: string, ready: Embedder, rawFirst: boolean): Promise<Times> {
  const before = rawFirst ? await askRaw(text, ready) : undefined;
  const storeMs: number[] = [];
  const timed = (retriever: Retriever): Retriever => ({
    ...retriever,
    async retrieve(request, inTime) {
      const startedAt = performance.now();
      const found = await retriever.retrieve(request, inTime);
      storeMs.push(performance.now() - startedAt);
      return found;
    },
  });
  const hybrid = new HybridRetriever({
    retrievers: [timed(store.lexical), timed(store.dense)],
    embedder: ready,
    timeoutMs: 120_000,
  });
  const startedAt = performance.now();
  await hybrid.retrieve({ text, access }, limit, signal);
  const hybridMs = performance.now() - startedAt;
  const slowerMs = Math.max(...storeMs);
  const rawMs = before ?? (await askRaw(text, ready));
  return { hybridMs, slowerMs, addedMs: hybridMs - slowerMs, ...(rawMs !== undefined && { rawMs }) };
}

/** Milliseconds until the slower of the stores has answered. */
async function askRaw(text: string, ready: Embedder): Promise<number | undefined> {
  const { raw } = store;
  if (!raw) return undefined;
  const [vector = new Float32Array()] = await ready.embedQueries([text], signal);
  const startedAt = performance.now();
  await Promise.all(raw.map((ask) => ask(text, vector)));
  return performance.now() - startedAt;
}

async function timeOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>) {
  const times: number[] = [];
  for (const item of items) {
    const startedAt = performance.now();
    await work(item);
    times.push(performance.now() - startedAt);
  }
  return { p50: round(percentile(times, 0.5) ?? 0), p95: round(percentile(times, 0.95) ?? 0) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
