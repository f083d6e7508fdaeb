import type { Config } from '../config.js';
import { openWritableIndex } from '../pipeline/create-pipeline.js';
import { type ChunkingOptions, DEFAULT_CHUNKING } from '../retrieval/chunking.js';
import { type IngestReport, ingest } from '../retrieval/ingest.js';
import { openSource } from '../retrieval/loaders/load.js';
import { loadSentenceSplitter } from '../retrieval/sentences.js';
import { startIngestBar } from './ingest-bar.js';
import type { ProgressOutput } from './progress.js';

export interface IngestCorpusOptions {
  /** Groups of documents that name none. @default [] */
  acl?: readonly string[];
  chunking?: ChunkingOptions;
  /** Where progress is written. @default process.stderr */
  output?: ProgressOutput;
}

/** Puts files and folders into the index of the configuration, for its tenant, and shows how far it is. */
export async function ingestCorpus(
  config: Config,
  paths: string | readonly string[],
  signal: AbortSignal,
  { acl = [], chunking = DEFAULT_CHUNKING, output = process.stderr }: IngestCorpusOptions = {},
): Promise<IngestReport> {
  const split = await loadSentenceSplitter(config.promptsDir);
  let readBytes = 0;
  const source = await openSource(typeof paths === 'string' ? [paths] : paths, {
    tenant: config.tenant,
    acl,
    elasticsearch: config.source,
    onBytes: (bytes) => {
      readBytes += bytes;
    },
  });
  const index = await openWritableIndex(config);
  const bar = startIngestBar(source.totalBytes, output);
  try {
    const { embedder, indexer } = index;
    const position = () => readBytes;
    return await ingest(source.items, { embedder, indexer, split, chunking, position, onProgress: bar.update }, signal);
  } finally {
    bar.stop();
    await index.close();
  }
}
