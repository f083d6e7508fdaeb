import { chunkDocument, DEFAULT_CHUNKING } from './chunking.js';
import type { Embedder } from './embedder.js';
import type { DocumentReference, DocumentState, ListableIndex } from './index-contents.js';
import type { IndexableDocument, Indexer } from './indexer.js';
import { fingerprintOf } from './ingest.js';
import type { SplitSentences } from './sentences.js';

export interface VerifiableStore {
  contents: ListableIndex;
  indexer: Indexer;
}

/** A document on which the stores do not agree, or of which one has a part only. */
export interface Difference extends DocumentReference {
  /** In the order of the stores; `null` = not there. */
  states: (DocumentState | null)[];
}

export interface Verification {
  /** Of each store, by its own count. */
  counts: { name: string; documents: number; passages: number }[];
  /** Documents that were compared. */
  compared: number;
  differences: Difference[];
}

export interface VerifyOptions {
  /** Documents to compare, drawn at random from each store; without it, all of them. */
  sample?: number;
  onProgress?(compared: number): void;
}

/**
 * Compares stores document by document: missing on either side, in another version, or not whole. What is being written
 * meanwhile is looked at again at the end, so that only what stays different is reported.
 */
export async function verify(
  stores: readonly VerifiableStore[],
  { sample, onProgress }: VerifyOptions,
  signal: AbortSignal,
): Promise<Verification> {
  const infos = await Promise.all(stores.map(({ indexer }) => indexer.info(signal)));
  const suspects = new Map<string, DocumentReference>();
  let compared = 0;
  for (const [place, { contents }] of stores.entries()) {
    for await (const page of contents.list(signal, sample)) {
      for (const [tenant, ids] of byTenant(page)) {
        const found = await differencesIn(stores, tenant, ids, signal);
        for (const { documentId } of found) suspects.set(JSON.stringify([tenant, documentId]), { tenant, documentId });
        // The documents of the first store have been compared already, except those that it lacks.
        compared += place === 0 || sample !== undefined ? ids.length : found.length;
      }
      onProgress?.(compared);
    }
  }
  const differences: Difference[] = [];
  for (const [tenant, ids] of byTenant([...suspects.values()])) {
    for (let start = 0; start < ids.length; start += AGAIN_AT_ONCE) {
      differences.push(...(await differencesIn(stores, tenant, ids.slice(start, start + AGAIN_AT_ONCE), signal)));
    }
  }
  const counts = stores.map(({ contents: { name } }, index) => ({
    name,
    documents: infos[index]?.documents ?? 0,
    passages: infos[index]?.passages ?? 0,
  }));
  return { counts, compared, differences };
}

const AGAIN_AT_ONCE = 100;

function byTenant(references: readonly DocumentReference[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { tenant, documentId } of references) ids.set(tenant, [...(ids.get(tenant) ?? []), documentId]);
  return ids;
}

async function differencesIn(
  stores: readonly VerifiableStore[],
  tenant: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Difference[]> {
  const found = await Promise.all(stores.map(({ contents }) => contents.states(tenant, ids, signal)));
  return [...new Set(ids)].flatMap((documentId): Difference[] => {
    const states = found.map((one) => one.get(documentId) ?? null);
    const [first] = states;
    const isSame = states.every((state) => state === null) || isEqual(first, states);
    return isSame ? [] : [{ tenant, documentId, states }];
  });
}

const isEqual = (first: DocumentState | null | undefined, states: readonly (DocumentState | null)[]) =>
  states.every((state) => state?.isWhole && state.fingerprint === first?.fingerprint);

export interface RepairOptions {
  embedder: Embedder;
  split: SplitSentences;
}

/** How a document was mended. */
export type Repair =
  /** Copied from a store that has all of it. */
  | 'copied'
  /** No store had all of it: made anew from the stored text. */
  | 'remade'
  /** Passages without a first one: a write that nobody was told had succeeded. */
  | 'removed';

/**
 * Mends one document. Of two whole versions the first store's counts: neither was acknowledged for both stores since, so
 * either is a state that a writer has asked for.
 */
export async function repair(
  stores: readonly VerifiableStore[],
  { tenant, documentId, states }: Difference,
  { embedder, split }: RepairOptions,
  signal: AbortSignal,
): Promise<Repair> {
  const reference = { tenant, documentId };
  const store = async (document: Omit<IndexableDocument, 'vectors'>) => {
    const vectors = await embedder.embedPassages(document.passages, signal);
    for (const { indexer, contents } of stores) {
      await indexer.put([{ ...document, vectors }], signal);
      await contents.trim(reference, document.passages.length, signal);
    }
  };
  for (const [index, { contents }] of stores.entries()) {
    const whole = states[index]?.isWhole ? await contents.read(reference, signal) : null;
    if (!whole) continue;
    await store(whole);
    return 'copied';
  }
  for (const { contents } of stores) {
    const source = await contents.source(reference, signal);
    if (!source) continue;
    const { document, structure = { headings: [] }, chunking = DEFAULT_CHUNKING } = source;
    const fingerprint = fingerprintOf({ document, ...structure }, chunking, embedder.modelId);
    const passages = chunkDocument(document, split, chunking, structure);
    await store({ ...source, fingerprint, passages });
    return 'remade';
  }
  for (const { contents } of stores) await contents.trim(reference, 0, signal);
  return 'removed';
}
