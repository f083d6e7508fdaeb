import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import { openRebuild } from '../pipeline/create-pipeline.js';
import { loadSentenceSplitter } from '../retrieval/sentences.js';
import { repair, type Verification, verify } from '../retrieval/verify.js';

export interface VerifiedIndex extends Verification {
  /** The version that each store serves. */
  versions: { name: string; current: number | null }[];
  /** How many documents were mended in which way; only where that was asked for. */
  repaired?: { copied: number; remade: number; removed: number };
}

/** Compares the two clusters of the configuration, and mends them when asked to. */
export async function verifyIndex(
  config: Config,
  options: { sample?: number; repair?: boolean },
  signal: AbortSignal,
): Promise<VerifiedIndex> {
  const split = await loadSentenceSplitter(config.promptsDir);
  const { embedder, stores, verifiable, close } = await openRebuild(config);
  try {
    if (verifiable.length < 2) {
      const message = 'ELASTICSEARCH_URL and QDRANT_URL: expected both, since verify compares the one with the other.';
      throw new ServiceError('invalid-config', { message });
    }
    const versions = await Promise.all(
      stores.map(async (store) => ({ name: store.name, current: (await store.versions(signal)).current })),
    );
    const found = await verify(verifiable, { sample: options.sample }, signal);
    if (!options.repair) return { ...found, versions };
    const repaired = { copied: 0, remade: 0, removed: 0 };
    for (const difference of found.differences) {
      repaired[await repair(verifiable, difference, { embedder, split }, signal)] += 1;
    }
    return { ...found, versions, repaired };
  } finally {
    await close();
  }
}
