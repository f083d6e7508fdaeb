import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import { openRebuild } from '../pipeline/create-pipeline.js';
import type { ChunkingOptions } from '../retrieval/chunking.js';
import { agree } from '../retrieval/index-versions.js';
import { openSource } from '../retrieval/loaders/load.js';
import { freeze, type RebuildReport, rebuild } from '../retrieval/rebuild.js';
import { loadSentenceSplitter } from '../retrieval/sentences.js';
import { startIngestBar } from './ingest-bar.js';
import type { ProgressOutput } from './progress.js';

export interface RebuildIndexOptions {
  /** None with `fromIndex`. */
  paths: readonly string[];
  fromIndex?: boolean;
  acl?: readonly string[];
  acceptRejects?: boolean;
  /** @default as the served documents are cut, each of them with `fromIndex`; or DEFAULT_CHUNKING */
  chunking?: Partial<ChunkingOptions>;
  say(message: string): void;
  /** Where progress is written. @default process.stderr */
  output?: ProgressOutput;
}

/** Fills a new version in the clusters of the configuration and switches to it. */
export async function rebuildIndex(
  config: Config,
  { paths, fromIndex = false, acl = [], acceptRejects, chunking, say, output = process.stderr }: RebuildIndexOptions,
  signal: AbortSignal,
): Promise<RebuildReport> {
  if (fromIndex === paths.length > 0) {
    throw new ServiceError('invalid-request', { message: 'Expected files to read, or --from-index, and not both.' });
  }
  let readBytes = 0;
  const onBytes = (bytes: number) => {
    readBytes += bytes;
  };
  const source = fromIndex
    ? null
    : await openSource(paths, { tenant: config.tenant, acl, elasticsearch: config.source, onBytes });
  const split = await loadSentenceSplitter(config.promptsDir);
  const { embedder, close, ...index } = await openRebuild(config);
  const bar = startIngestBar(source?.totalBytes ?? 0, output);
  try {
    for (const line of await agree(index.stores, signal)) say(line);
    await freeze(index.stores, false, signal); // A run that was killed in its last pass left it closed.
    const ingest = { embedder, split, chunking, position: () => readBytes, onProgress: bar.update };
    return await rebuild({ ...index, files: source?.items ?? null, ingest, acceptRejects, say }, signal);
  } finally {
    bar.stop();
    await close();
  }
}
