import { mkdir } from 'node:fs/promises';
import type { Table } from '@lancedb/lancedb';
import { ServiceError } from '../../errors.js';
import type { Access, ScoredPassage, SourceDocument } from '../../types.js';
import { abortable } from '../abortable.js';
import type { IndexableDocument, Indexer, IndexInfo, PutResult, StoredSource } from '../indexer.js';
import type { DocumentReader, RetrievalRequest, Retriever } from '../retriever.js';
import { queryTerms } from '../search-terms.js';
import { soundDocuments } from '../sound-documents.js';
import { accessCondition, documentsCondition, literal, searchCondition } from './embedded-filter.js';
import { buildIndexes, waitingRows } from './embedded-indexes.js';
import { withWriterLock } from './embedded-lock.js';
import {
  CHUNKING_SAMPLE,
  DOCUMENT_COLUMNS,
  PASSAGE_COLUMNS,
  type StoredRow,
  toChunking,
  toDocument,
  toRows,
  toSource,
  usualChunkingOf,
} from './embedded-rows.js';
import { rowsOf, searchTerms, searchVectors } from './embedded-search.js';
import { corruptIndex, createIndex, missingIndex, type OpenIndex, openIndex } from './embedded-store.js';

export interface EmbeddedIndexOptions {
  /** Folder of the index; made by the first `put`. */
  dir: string;
  /** The model whose vectors are stored and asked for. */
  embedder: { modelId: string; dimensions: number };
  /**
   * Passages that may wait for the full-text index before `put` adds them to it. They are found all the same, each at a
   * cost of about 0.06 ms a query. @default 2000
   */
  indexEvery?: number;
  /** From this many passages on `optimize` builds indexes for vectors and filters, too; below, all are compared. @default 1000 */
  indexFrom?: number;
}

/** Old versions of the table stay this long, for queries that are still reading them. */
const KEEP_VERSIONS_MS = 60_000;
/** Document ids in one condition. */
const IDS_AT_ONCE = 500;

/** A lexical and a vector index in one folder, in this process (LanceDB). Any process may read while one writes. */
export class EmbeddedIndex implements Indexer, DocumentReader {
  readonly name = 'embedded';
  readonly #options: Required<EmbeddedIndexOptions>;
  #open: Promise<OpenIndex | null> | null = null;

  constructor(options: EmbeddedIndexOptions) {
    this.#options = { indexEvery: 2_000, indexFrom: 1_000, ...options };
  }

  /** BM25 over title and text. */
  lexicalRetriever(): Retriever {
    return this.#retriever('embedded-lexical', 'lexical', ({ query, limit, fuzzy }, table) => {
      const terms = queryTerms(query.text);
      return terms
        ? searchTerms(table, terms, searchCondition(query.access, query.filter), { limit, fuzzy })
        : Promise.resolve([]);
    });
  }

  /** Cosine over all passages, or over the nearest partitions once there is a vector index. */
  denseRetriever(): Retriever {
    return this.#retriever('embedded-dense', 'dense', ({ query, queryVector, limit }, table, header) => {
      if (!queryVector) throw new TypeError('A dense retriever needs queryVector.');
      this.#checkModel(header);
      return searchVectors(table, queryVector, searchCondition(query.access, query.filter), limit);
    });
  }

  async info(signal: AbortSignal): Promise<IndexInfo> {
    const index = await this.#current();
    if (!index) return { embedderModelId: null, dimensions: null, documents: 0, passages: 0 };
    const count = (filter?: string) => this.#guard(index.table.countRows(filter), signal);
    const [documents, passages] = await Promise.all([count('ordinal = 0'), count()]);
    const { embedderModelId, dimensions } = index.header;
    return { embedderModelId, dimensions, documents, passages };
  }

  async fingerprints(tenant: string, documentIds: readonly string[], signal: AbortSignal) {
    const heads = await this.#heads(tenant, documentIds, ['fingerprint'], signal);
    return new Map(heads.map((row) => [row.document_id, row.fingerprint]));
  }

  async acls(tenant: string, documentIds: readonly string[], signal: AbortSignal) {
    const heads = await this.#heads(tenant, documentIds, ['acl'], signal);
    return new Map(heads.map((row) => [row.document_id, [[...row.acl]]]));
  }

  async chunkings(tenant: string, documentIds: readonly string[], signal: AbortSignal) {
    const heads = await this.#heads(tenant, documentIds, ['structure'], signal);
    return new Map(
      heads.flatMap((row) => {
        const chunking = toChunking(row);
        return chunking ? [[row.document_id, chunking] as const] : [];
      }),
    );
  }

  async usualChunking(signal: AbortSignal) {
    const index = await this.#current();
    if (!index) return null;
    const query = index.table.query().where('ordinal = 0').limit(CHUNKING_SAMPLE);
    return usualChunkingOf(await this.#guard(rowsOf(query, ['structure']), signal));
  }

  async put(documents: readonly IndexableDocument[], signal: AbortSignal): Promise<PutResult> {
    const { tenant, sound, rejected } = soundDocuments(documents, this.#options.embedder.dimensions);
    if (tenant === undefined) return { stored: 0, rejected };
    await this.#write(signal, async ({ table }) => {
      const ids = sound.map(({ document }) => document.id);
      const isNew = (await this.fingerprints(tenant, ids, signal)).size === 0;
      const rows = sound.flatMap(toRows);
      // One commit each way, so that a killed process leaves all of it or nothing.
      if (isNew) await table.add(rows);
      else {
        await table
          .mergeInsert(['tenant', 'passage_id'])
          .whenMatchedUpdateAll()
          .whenNotMatchedInsertAll()
          .whenNotMatchedBySourceDelete({ where: documentsCondition(tenant, ids) })
          .execute(rows);
      }
      await this.#indexWaiting(table);
    });
    return { stored: sound.length, rejected };
  }

  async delete(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<number> {
    const stored = [...(await this.fingerprints(tenant, documentIds, signal)).keys()];
    if (stored.length === 0) return 0;
    await this.#write(signal, async ({ table }) => {
      for (const ids of inParts(stored)) await table.delete(documentsCondition(tenant, ids));
    });
    return stored.length;
  }

  async optimize(signal: AbortSignal): Promise<void> {
    if (!(await this.#current())) return;
    await this.#write(signal, async ({ table }) => {
      await table.optimize({ cleanupOlderThan: new Date(Date.now() - KEEP_VERSIONS_MS) });
      await buildIndexes(table, this.#options.indexFrom);
    });
  }

  async getDocument(documentId: string, access: Access, signal: AbortSignal): Promise<SourceDocument | null> {
    const index = await this.#current();
    if (!index) throw missingIndex(this.#options.dir);
    const condition = `document_id = ${literal(documentId)} AND ordinal = 0 AND ${accessCondition(access)}`;
    const [row] = await this.#guard(
      rowsOf(index.table.query().where(condition).limit(1), [...PASSAGE_COLUMNS, 'document_text']),
      signal,
    );
    return row ? toDocument(row) : null;
  }

  /** All stored documents of all tenants, tenant after tenant. */
  async *sources(signal: AbortSignal): AsyncGenerator<StoredSource> {
    const index = await this.#current();
    if (!index) throw missingIndex(this.#options.dir);
    const { table } = index;
    const tenants = new Set<string>();
    for await (const { tenant } of this.#rows(table, 'ordinal = 0', ['tenant'], signal)) tenants.add(tenant);
    for (const tenant of tenants) {
      const heads = `ordinal = 0 AND tenant = ${literal(tenant)}`;
      const columns = [...PASSAGE_COLUMNS, ...DOCUMENT_COLUMNS];
      for await (const row of this.#rows(table, heads, columns, signal)) yield toSource(row);
    }
  }

  async close(): Promise<void> {
    const index = await this.#open?.catch(() => null);
    this.#open = null;
    index?.table.close();
  }

  /** Some columns of the first rows of stored documents. */
  async #heads(tenant: string, documentIds: readonly string[], columns: string[], signal: AbortSignal) {
    const index = await this.#current();
    const found: StoredRow[] = [];
    if (!index) return found;
    for (const ids of inParts(documentIds)) {
      const query = index.table.query().where(`ordinal = 0 AND ${documentsCondition(tenant, ids)}`);
      found.push(...(await this.#guard(rowsOf(query, ['document_id', ...columns]), signal)));
    }
    return found;
  }

  /** Rows batch after batch: a whole index need not fit into memory. */
  async *#rows(table: Table, condition: string, columns: string[], signal: AbortSignal): AsyncGenerator<StoredRow> {
    const batches = table.query().where(condition).select(columns)[Symbol.asyncIterator]();
    while (true) {
      const { done, value } = await this.#guard(batches.next(), signal);
      if (done) return;
      yield* value as Iterable<StoredRow>;
    }
  }

  #retriever(
    name: string,
    kind: Retriever['kind'],
    search: (request: RetrievalRequest, table: Table, header: OpenIndex['header']) => Promise<ScoredPassage[]>,
  ): Retriever {
    const opened = async () => {
      const index = await this.#current();
      if (!index) throw missingIndex(this.#options.dir);
      if (kind === 'dense') this.#checkModel(index.header);
      return index;
    };
    return {
      name,
      kind,
      retrieve: async (request, signal) => {
        const { table, header } = await opened();
        return this.#guard(search(request, table, header), signal);
      },
      check: async (signal) => {
        const { table, header } = await opened();
        const request = await this.#guard(probeOf(table, header), signal);
        // A real search, since an index whose files are damaged opens and counts well.
        if (request) await this.#guard(search(request, table, header), signal);
      },
      close: async () => undefined,
    };
  }

  /** The index as it is, `null` when there is none yet; a failed or empty look is not remembered. */
  async #current(): Promise<OpenIndex | null> {
    this.#open ??= openIndex(this.#options.dir);
    const opening = this.#open;
    try {
      const index = await opening;
      if (!index && this.#open === opening) this.#open = null;
      return index;
    } catch (error) {
      this.#open = null;
      throw error;
    }
  }

  async #write(signal: AbortSignal, work: (index: OpenIndex) => Promise<void>): Promise<void> {
    const { dir, embedder } = this.#options;
    await mkdir(dir, { recursive: true });
    await withWriterLock(dir, signal, async () => {
      const { modelId: embedderModelId, dimensions } = embedder;
      this.#open = Promise.resolve(
        (await this.#current()) ?? (await createIndex(dir, { embedderModelId, dimensions })),
      );
      const index = (await this.#open) as OpenIndex;
      this.#checkModel(index.header);
      try {
        // Not cut short by the signal: the lock is held until the write is over.
        await work(index);
      } catch (cause) {
        this.#open = null;
        if (cause instanceof ServiceError) throw cause;
        throw new ServiceError('internal', { message: `${dir}: could not be written.`, cause });
      }
    });
  }

  /** Errors while reading mean an index that cannot be read; the next call opens it anew. */
  async #guard<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await abortable(work, signal);
    } catch (cause) {
      if (cause instanceof ServiceError || cause instanceof TypeError) throw cause;
      this.#open = null;
      throw corruptIndex(this.#options.dir, 'found one that fails', cause);
    }
  }

  #checkModel(header: OpenIndex['header']): void {
    const { dir, embedder } = this.#options;
    if (header.embedderModelId === embedder.modelId && header.dimensions === embedder.dimensions) return;
    const message =
      `${dir}: made with ${header.embedderModelId} (${header.dimensions} dimensions), but the embedding model is ` +
      `${embedder.modelId} (${embedder.dimensions}). Set CANDOR_EMBEDDER_MODEL to the first, or delete the folder and run: ` +
      `candor ingest PATH... --index ${dir}`;
    throw new ServiceError('index-mismatch', { message });
  }

  async #indexWaiting(table: Table): Promise<void> {
    if ((await waitingRows(table)) < this.#options.indexEvery) return;
    await table.optimize();
    await buildIndexes(table, this.#options.indexFrom);
  }
}

/** A search for some words of any passage; `null` in an empty index. */
async function probeOf(table: Table, { dimensions }: OpenIndex['header']): Promise<RetrievalRequest | null> {
  const [row] = await rowsOf(table.query().limit(1), ['tenant', 'text']);
  if (!row) return null;
  const text = row.text.split(/\s+/).slice(0, 3).join(' ');
  const queryVector = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions));
  return { query: { text, access: { tenant: row.tenant, groups: [] } }, queryVector, limit: 1 };
}

function* inParts(ids: readonly string[]): Generator<string[]> {
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE) yield ids.slice(start, start + IDS_AT_ONCE);
}
