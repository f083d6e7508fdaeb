import type { IndexableDocument, Indexer, IndexInfo, PutResult } from './indexer.js';

/**
 * Two stores as one write side. A document counts as stored when both have it in the same form, so that a write that
 * reached one of them only is done again by the next ingest; what one store refuses is not in the other either.
 */
export class PairedIndexer implements Indexer {
  readonly name: string;
  readonly #stores: readonly [Indexer, Indexer];

  constructor(...stores: [Indexer, Indexer]) {
    this.#stores = stores;
    this.name = stores.map(({ name }) => name).join('+');
  }

  /** Of the store that has fewer documents. */
  async info(signal: AbortSignal): Promise<IndexInfo> {
    const [first, second] = await this.#both((store) => store.info(signal));
    return second.documents < first.documents ? second : first;
  }

  async fingerprints(tenant: string, documentIds: readonly string[], signal: AbortSignal) {
    const [first, second] = await this.#both((store) => store.fingerprints(tenant, documentIds, signal));
    return new Map([...first].filter(([id, fingerprint]) => second.get(id) === fingerprint));
  }

  async acls(tenant: string, documentIds: readonly string[], signal: AbortSignal) {
    const [first, second] = await this.#both((store) => store.acls(tenant, documentIds, signal));
    const ids = new Set([...first.keys(), ...second.keys()]);
    return new Map([...ids].map((id) => [id, different([...(first.get(id) ?? []), ...(second.get(id) ?? [])])]));
  }

  async chunkings(tenant: string, documentIds: readonly string[], signal: AbortSignal) {
    const [first, second] = await this.#both((store) => store.chunkings(tenant, documentIds, signal));
    return new Map([...second, ...first]);
  }

  async usualChunking(signal: AbortSignal) {
    const [first, second] = await this.#both((store) => store.usualChunking(signal));
    return first ?? second;
  }

  /** The second store after the first: what that refuses stays as it was in both. */
  async put(documents: readonly IndexableDocument[], signal: AbortSignal): Promise<PutResult> {
    const [first, second] = this.#stores;
    const { rejected } = await first.put(documents, signal);
    const refused = new Set(rejected.map(({ documentId }) => documentId));
    const rest = documents.filter(({ document }) => !refused.has(document.id));
    const { rejected: late } = rest.length > 0 ? await second.put(rest, signal) : { rejected: [] };
    const tenant = documents[0]?.document.tenant;
    const lateIds = late.map(({ documentId }) => documentId);
    if (tenant !== undefined && late.length > 0) {
      await this.#both((store) => store.delete(tenant, lateIds, signal));
    }
    const ids = new Set(rest.map(({ document }) => document.id));
    return { stored: ids.size - late.length, rejected: [...rejected, ...late] };
  }

  /** How many documents there were in the store that had more of them. */
  async delete(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<number> {
    return Math.max(...(await this.#both((store) => store.delete(tenant, documentIds, signal))));
  }

  async optimize(signal: AbortSignal): Promise<void> {
    await this.#both(async (store) => store.optimize?.(signal));
  }

  async close(): Promise<void> {
    await this.#both((store) => store.close());
  }

  /** Waits for both even when one fails, so that nothing is still being written when the error is known. */
  async #both<T>(work: (store: Indexer) => Promise<T>): Promise<[T, T]> {
    const [first, second] = this.#stores;
    const all = [work(first), work(second)] as const;
    await Promise.allSettled(all);
    return Promise.all(all);
  }
}

const different = (lists: readonly string[][]): string[][] => [
  ...new Map(lists.map((list) => [JSON.stringify(list), list])).values(),
];
