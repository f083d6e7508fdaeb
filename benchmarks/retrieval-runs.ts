/**
 * Four retrieval configurations as TREC runs, for `candor eval runs`: BM25, vectors, both fused, and the fused ones reranked.
 *
 *   npx tsx benchmarks/retrieval-runs.ts --set benchmarks/sets/cacm --index .candor/cacm --out benchmarks/sets/cacm/runs
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ingestCorpus } from '../src/cli/ingest-corpus.js';
import { configWith } from '../src/cli/options.js';
import { startProgress } from '../src/cli/progress.js';
import { readQrels } from '../src/evaluation/formats/qrels.js';
import { readQueries } from '../src/evaluation/formats/queries.js';
import { type RankedDocument, writeRun } from '../src/evaluation/formats/run.js';
import { OnnxCrossEncoder } from '../src/ranking/drivers/onnx-cross-encoder.js';
import { EmbeddedIndex } from '../src/retrieval/drivers/embedded.js';
import { OnnxEmbedder } from '../src/retrieval/drivers/onnx-embedder.js';
import { fuse } from '../src/retrieval/fusion.js';
import type { Query, ScoredPassage } from '../src/types.js';

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'benchmarks/sets/cacm' },
    index: { type: 'string', default: '.candor/cacm' },
    out: { type: 'string', default: 'benchmarks/sets/cacm/runs' },
    /** Passages a retriever gives; several may be of one document. */
    limit: { type: 'string', default: '1000' },
    'rerank-depth': { type: 'string', default: '20' },
  },
});
const limit = Number(values.limit);
const rerankDepth = Number(values['rerank-depth']);

const config = configWith({ CANDOR_INDEX_DIR: values.index });
const signal = new AbortController().signal;
await ingestCorpus(config, join(values.set, 'corpus.jsonl'), signal);

const { modelsDir, models, inference } = config;
const embedder = await OnnxEmbedder.start({ modelDir: join(modelsDir, models.embedder), ...inference });
const reranker = await OnnxCrossEncoder.start({ modelDir: join(modelsDir, models.reranker), ...inference });
const index = new EmbeddedIndex({ dir: config.indexDir, embedder });
const [lexical, dense] = [index.lexicalRetriever(), index.denseRetriever()];

const runs: Record<string, Map<string, RankedDocument[]>> = {
  bm25: new Map(),
  dense: new Map(),
  hybrid: new Map(),
  reranked: new Map(),
};
const { topics: judged } = await readQrels(values.set);
const queries = new Map([...(await readQueries(values.set))].filter(([topic]) => judged.has(topic)));
const progress = startProgress('queries', queries.size);
for (const [topic, text] of queries) {
  const query: Query = { text, access: { tenant: config.tenant, groups: [] } };
  const [queryVector] = await embedder.embedQueries([text], signal);
  const byWords = await lexical.retrieve({ query, limit }, signal);
  const byVector = await dense.retrieve({ query, queryVector, limit }, signal);
  const fused = fuse([
    { kind: 'lexical', passages: byWords },
    { kind: 'dense', passages: byVector },
  ]).slice(0, limit);
  const head = fused.slice(0, rerankDepth);
  const order = await reranker.rerank({ query, passages: head.map(({ passage }) => passage) }, signal);
  const reranked = [...order.map(({ index: at }) => head[at] as ScoredPassage), ...fused.slice(rerankDepth)];
  runs.bm25?.set(
    topic,
    documentsOf(byWords, ({ bm25Score }) => bm25Score),
  );
  runs.dense?.set(
    topic,
    documentsOf(byVector, ({ denseScore }) => denseScore),
  );
  runs.hybrid?.set(
    topic,
    documentsOf(fused, ({ fusedScore }) => fusedScore),
  );
  // The order of the reranker weighs the place before it too: there is no score on one scale.
  runs.reranked?.set(
    topic,
    documentsOf(reranked, (_, rank) => limit - rank),
  );
  progress.tick();
}
progress.stop();
await Promise.all([index.close(), embedder.close(), reranker.close()]);
await mkdir(values.out, { recursive: true });
for (const [name, topics] of Object.entries(runs)) await writeRun(join(values.out, `${name}.run.gz`), topics, name);

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
