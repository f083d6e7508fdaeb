import type { ChunkingOptions } from './chunking.js';
import type { ListableIndex } from './index-contents.js';
import { beginVersion, publishVersion, type VersionedIndex } from './index-versions.js';
import type { Indexer, StoredSource } from './indexer.js';
import { type IngestOptions, type IngestReport, ingest } from './ingest.js';
import type { Loaded } from './loaders/loader.js';

export interface RebuildOptions {
  stores: readonly VersionedIndex[];
  /** Writes the version that is being filled. */
  building: Indexer;
  /** What that version holds. */
  buildingContents: ListableIndex;
  /** What is served now. */
  served: { indexer: Indexer; contents: ListableIndex };
  /** `null`: the stored documents themselves are put into the new version. */
  files: AsyncIterable<Loaded> | null;
  /** What is left out of `chunking` is as in most of the served documents, or with `files: null` as in each of them. */
  ingest: Omit<IngestOptions, 'indexer'>;
  /** Publishes although records were rejected. @default false */
  acceptRejects?: boolean;
  /** Told what is going on, for a person. */
  say?(message: string): void;
}

export interface RebuildReport {
  version: number;
  /** Of everything that was read into the new version, in all passes. */
  ingest: IngestReport;
  /** Documents of the version before and of the new one. */
  before: number;
  after: number;
  /** `false`: records were rejected, and the version before is still served. */
  isPublished: boolean;
}

/** Passes over the stored documents before the last one, for which writes are refused; each has less to do. */
const OPEN_PASSES = 2;

/**
 * Fills a new version beside the one that serves, and switches when it is complete. A run that was killed goes on where it
 * stopped: what the new version holds already is the checkpoint.
 *
 * Files replace everything: what is not in them is not in the new version. Without files the stored documents are read, as
 * often as it takes to have what was written meanwhile; the last time the served version takes no writes, so that none
 * that was acknowledged is missing afterwards.
 */
export async function rebuild(options: RebuildOptions, signal: AbortSignal): Promise<RebuildReport> {
  const { stores, building, served, files, acceptRejects = false, say } = options;
  const { version } = await begin(options, signal);
  const read = (items: AsyncIterable<Loaded>, usual?: ChunkingOptions | null) => {
    const chunking = { ...usual, ...options.ingest.chunking };
    return ingest(items, { ...options.ingest, chunking, indexer: building }, signal);
  };
  const before = (await served.indexer.info(signal)).documents;
  const report = async (passes: IngestReport, isPublished: boolean): Promise<RebuildReport> => {
    const after = (await building.info(signal)).documents;
    return { version, ingest: passes, before, after, isPublished };
  };

  if (files) {
    const passes = await read(files, await served.indexer.usualChunking(signal));
    const found = await report(passes, false);
    if (passes.rejected.length > 0 && !acceptRejects) return found;
    await publishVersion(stores, signal);
    return { ...found, isPublished: true };
  }

  let passes = await read(loaded(served.contents.sources(signal)));
  for (let pass = 1; pass < OPEN_PASSES; pass++) {
    passes = sum(passes, await read(loaded(served.contents.sources(signal))));
  }
  if (passes.rejected.length > 0 && !acceptRejects) return report(passes, false);
  say?.('Last pass: the served version takes no writes …');
  await freeze(stores, true, signal);
  try {
    passes = sum(passes, await read(loaded(served.contents.sources(signal))));
    await removeVanished(options, signal);
    const found = await report(passes, true);
    await publishVersion(stores, signal);
    return found;
  } catch (error) {
    await freeze(stores, false, AbortSignal.timeout(10_000)).catch(() => undefined);
    throw error;
  }
}

/** What another embedding model has begun cannot be gone on with, and is removed. */
async function begin({ stores, building, ingest: { embedder }, say }: RebuildOptions, signal: AbortSignal) {
  let begun = await beginVersion(stores, signal);
  const { embedderModelId } = await building.info(signal);
  if (begun.isResumed && embedderModelId !== null && embedderModelId !== embedder.modelId) {
    say?.(`Version ${begun.version} was begun with ${embedderModelId}: removed.`);
    for (const store of stores) await store.remove(begun.version, signal);
    begun = await beginVersion(stores, signal);
  }
  say?.(begun.isResumed ? `Going on with version ${begun.version} …` : `Filling version ${begun.version} …`);
  return begun;
}

export async function freeze(stores: readonly VersionedIndex[], isFrozen: boolean, signal: AbortSignal): Promise<void> {
  for (const store of stores) await store.freeze?.(isFrozen, signal);
}

/** Documents that were deleted from the served version after they had been read. */
async function removeVanished({ building, buildingContents, served }: RebuildOptions, signal: AbortSignal) {
  for await (const page of buildingContents.list(signal)) {
    const ids = new Map<string, string[]>();
    for (const { tenant, documentId } of page) ids.set(tenant, [...(ids.get(tenant) ?? []), documentId]);
    for (const [tenant, own] of ids) {
      const there = await served.contents.states(tenant, own, signal);
      const vanished = own.filter((id) => !there.has(id));
      if (vanished.length > 0) await building.delete(tenant, vanished, signal);
    }
  }
}

/** Stored documents as a loader gives them, each to be cut as it was. */
export async function* loaded(sources: AsyncIterable<StoredSource>): AsyncGenerator<Loaded> {
  for await (const { document, structure, chunking } of sources) {
    yield { type: 'document', document, headings: [], ...structure, ...(chunking && { chunking }), file: 'index' };
  }
}

const sum = (a: IngestReport, b: IngestReport): IngestReport => ({
  stored: a.stored + b.stored,
  unchanged: b.unchanged,
  passages: a.passages + b.passages,
  rejected: [...a.rejected, ...b.rejected],
});
