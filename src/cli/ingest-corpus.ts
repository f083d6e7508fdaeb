import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import { openStoredSources, openWritableIndex } from '../pipeline/create-pipeline.js';
import type { ChunkingOptions } from '../retrieval/chunking.js';
import { type IngestReport, ingest } from '../retrieval/ingest.js';
import { openSource } from '../retrieval/loaders/load.js';
import { loaded } from '../retrieval/rebuild.js';
import { loadSentenceSplitter } from '../retrieval/sentences.js';
import { startIngestBar } from './ingest-bar.js';
import type { ProgressOutput } from './progress.js';

export interface IngestCorpusOptions {
  /** Groups of documents that name none. @default [] */
  acl?: readonly string[];
  /** @default as in the index that is read, or DEFAULT_CHUNKING */
  chunking?: Partial<ChunkingOptions>;
  /** Folder of an embedded index whose documents are read instead of files. */
  fromIndex?: string;
  /** Where progress is written. @default process.stderr */
  output?: ProgressOutput;
}

/**
 * Puts files and folders into the index of the configuration, for its tenant, and shows how far it is; or the documents of
 * another index, each for its own.
 */
export async function ingestCorpus(
  config: Config,
  paths: string | readonly string[],
  signal: AbortSignal,
  { acl = [], chunking, fromIndex, output = process.stderr }: IngestCorpusOptions = {},
): Promise<IngestReport> {
  if ((fromIndex === undefined) === (paths.length === 0)) {
    throw new ServiceError('invalid-request', {
      message: 'Expected files to read, or --from-index DIR, and not both.',
    });
  }
  const split = await loadSentenceSplitter(config.promptsDir);
  let readBytes = 0;
  const openFiles = () =>
    openSource(typeof paths === 'string' ? [paths] : paths, {
      tenant: config.tenant,
      acl,
      elasticsearch: config.source,
      onBytes: (bytes) => {
        readBytes += bytes;
      },
    });
  const source =
    fromIndex === undefined
      ? await openFiles()
      : { totalBytes: 0, items: loaded(openStoredSources(fromIndex, signal)) };
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
