import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { abortError, ServiceError } from '../../errors.js';
import type { Access, ScoredPassage, SearchFilter, SourceDocument } from '../../types.js';
import { withOwnSignal } from '../abortable.js';
import type { ChunkingOptions } from '../chunking.js';
import type { ListableIndex } from '../index-contents.js';
import { type VersionedIndex, versionName } from '../index-versions.js';
import type { IndexableDocument, Indexer, IndexInfo, PutResult } from '../indexer.js';
import type { DocumentReader, RetrievalRequest, Retriever } from '../retriever.js';
import { soundDocuments } from '../sound-documents.js';
import {
  type ClusterRow,
  checkSameModel,
  clusterConditions,
  type Head,
  inGroups,
  missingClusterIndex,
  placeOf,
  readsOfHeads,
  recordId,
  recordIds,
  toClusterPassages,
  WriteQueue,
} from './cluster-rows.js';
import {
  CHUNKING_SAMPLE,
  DOCUMENT_COLUMNS,
  type StoredRow,
  toDocument,
  toPassage,
  usualChunkingOf,
} from './embedded-rows.js';
import { patiently } from './patience.js';
import { type Condition, equals, type Filter, type QdrantAccess, qdrantContents } from './qdrant-contents.js';
import { qdrantVersions } from './qdrant-versions.js';

export interface QdrantIndexOptions {
  url: string;
  apiKey?: string;
  /** Alias that is read and written; the collection behind it is `<alias>-000001` and so on. */
  alias: string;
  embedder: { modelId: string; dimensions: number };
  /** Vectors of a new collection as 8-bit integers in memory, with the best ones scored again exactly. @default false */
  quantized?: boolean;
  /** Compares all vectors: slower, and misses none. For evaluation. @default false */
  exact?: boolean;
}

type Payload = Omit<ClusterRow, never> & { embedder_model: string };

/** Fields that filters ask for; the tenant is marked as such, which puts its vectors near each other. */
const PAYLOAD_INDEXES: Readonly<Record<string, Schemas['PayloadFieldSchema']>> = {
  tenant: { type: 'keyword', is_tenant: true },
  document_id: 'keyword',
  acl: 'keyword',
  acl_open: 'bool',
  language_tags: 'keyword',
  date_ms: 'float',
  metadata_terms: 'keyword',
  ordinal: 'integer',
};

/** Points of one write; a document is never divided. */
const POINTS_AT_ONCE = 512;

/** The dense index of a cluster: one point a passage, which carries the passage. */
export class QdrantIndex implements Indexer, DocumentReader {
  readonly name = 'qdrant';
  readonly #options: QdrantIndexOptions;
  readonly #api: ReturnType<QdrantClient['api']>;
  readonly #place: string;
  readonly #writes = new WriteQueue();
  readonly fingerprints: Indexer['fingerprints'];
  readonly acls: Indexer['acls'];
  readonly chunkings: Indexer['chunkings'];

  constructor(options: QdrantIndexOptions) {
    this.#options = options;
    const { url, apiKey, alias } = options;
    // Without a time of the client's own a request obeys the caller's signal.
    const client = new QdrantClient({
      url: withPort(url),
      apiKey,
      timeout: Number.POSITIVE_INFINITY,
      checkCompatibility: false,
    });
    this.#api = client.api();
    ({
      fingerprints: this.fingerprints,
      acls: this.acls,
      chunkings: this.chunkings,
    } = readsOfHeads((...call) => this.#heads(...call)));
    this.#place = placeOf(url, alias);
  }

  /** Cosine of query and passage. */
  denseRetriever(): Retriever {
    return {
      name: 'qdrant',
      kind: 'dense',
      retrieve: async (request, signal) => {
        const query = this.#toQuery(request);
        const { points } = await this.#ask(signal, (init) =>
          this.#api.queryPoints({ ...this.#collection, ...query }, init),
        );
        return this.#toPassages(points);
      },
      retrieveMany: async (requests, signal) => {
        if (requests.length === 0) return [];
        const searches = requests.map((request) => this.#toQuery(request));
        const replies = await this.#ask(signal, (init) =>
          this.#api.queryBatchPoints({ ...this.#collection, searches }, init),
        );
        return replies.map(({ points }) => this.#toPassages(points));
      },
      check: async (signal) => this.#checkModel(await this.#storedModel(signal)),
      close: async () => undefined,
    };
  }

  async info(signal: AbortSignal): Promise<IndexInfo> {
    const empty = { embedderModelId: null, dimensions: null, documents: 0, passages: 0 };
    if (!(await this.#exists(signal))) return empty;
    const embedderModelId = await this.#storedModel(signal);
    if (embedderModelId === null) return empty;
    const count = async (filter?: Filter) =>
      (await this.#ask(signal, (init) => this.#api.countPoints({ ...this.#collection, filter, exact: true }, init)))
        .count;
    const [documents, passages, dimensions] = await Promise.all([
      count({ must: [equals('ordinal', 0)] }),
      count(),
      this.#dimensions(signal),
    ]);
    return { embedderModelId, dimensions, documents, passages };
  }

  usualChunking(signal: AbortSignal): Promise<ChunkingOptions | null> {
    const filter = { must: [equals('ordinal', 0)] };
    const page = { ...this.#collection, filter, limit: CHUNKING_SAMPLE, with_payload: ['structure'] };
    return patiently(async () => {
      if (!(await this.#exists(signal))) return null;
      const { points } = await this.#ask(signal, (init) => this.#api.scrollPoints(page, init));
      return usualChunkingOf(points.map(({ payload }) => payload as unknown as Payload));
    }, signal);
  }

  async put(documents: readonly IndexableDocument[], signal: AbortSignal): Promise<PutResult> {
    const { tenant, sound, rejected } = soundDocuments(documents, this.#options.embedder.dimensions);
    if (tenant === undefined) return { stored: 0, rejected };
    return this.#writes.run(signal, async () => {
      await this.#ensureCollection(signal);
      for (const group of inGroups(sound, POINTS_AT_ONCE, ({ passages }) => passages.length)) {
        await this.#store(tenant, group, signal);
      }
      return { stored: sound.length, rejected };
    });
  }

  async delete(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<number> {
    return this.#writes.run(signal, async () => {
      const heads = await this.#heads(['passage_count'], tenant, documentIds, signal);
      const points = [...heads].flatMap(([id, { passage_count }]) => recordIds(tenant, id, 0, passage_count));
      if (points.length > 0) await this.#write([{ delete: { points } }], signal);
      return heads.size;
    });
  }

  async getDocument(documentId: string, access: Access, signal: AbortSignal): Promise<SourceDocument | null> {
    const filter = searchFilter(access, { documentIds: [documentId] });
    const must = [...(filter.must as Condition[]), equals('ordinal', 0)];
    const { points } = await this.#ask(signal, (init) =>
      this.#api.scrollPoints({ ...this.#collection, filter: { must }, limit: 1, with_payload: true }, init),
    );
    const payload = points[0]?.payload;
    return payload ? toDocument(payload as unknown as StoredRow) : null;
  }

  /** Removes every version of the collection, and its aliases. */
  async drop(signal: AbortSignal): Promise<void> {
    const versions = this.versions();
    for (const version of (await versions.versions(signal)).all) await versions.remove(version, signal);
  }

  /** Lists and reads what is stored. */
  contents(): ListableIndex {
    return qdrantContents(this.#access);
  }

  /** Makes and switches versions of the collection. */
  versions(): VersionedIndex {
    return qdrantVersions(this.#access, (collection, signal) => this.#create(collection, signal));
  }

  async close(): Promise<void> {}

  get #access(): QdrantAccess {
    return { api: this.#api, alias: this.#options.alias, ask: (signal, work) => this.#ask(signal, work) };
  }

  get #collection() {
    return { collection_name: this.#options.alias };
  }

  #toQuery({ query, queryVector, limit }: RetrievalRequest): Schemas['QueryRequest'] {
    if (!queryVector) throw new TypeError('A dense retriever needs queryVector.');
    const { exact, quantized } = this.#options;
    return {
      query: [...queryVector],
      filter: searchFilter(query.access, query.filter),
      limit,
      with_payload: { exclude: [...DOCUMENT_COLUMNS, 'metadata_terms'] },
      params: { exact: exact ?? false, ...(quantized && { quantization: { rescore: true, oversampling: 2 } }) },
    };
  }

  /** @throws ServiceError `index-mismatch` when a point is of another embedding model. */
  #toPassages(points: readonly Schemas['ScoredPoint'][]): ScoredPassage[] {
    return points
      .map(({ payload, score }): ScoredPassage => {
        const row = payload as unknown as Payload;
        this.#checkModel(row.embedder_model);
        return { passage: toPassage(row as unknown as StoredRow), denseScore: score };
      })
      .sort((a, b) => (b.denseScore ?? 0) - (a.denseScore ?? 0) || (a.passage.id < b.passage.id ? -1 : 1));
  }

  /** New points and the removal of an older version's in one request, so that both arrive or neither. */
  async #store(tenant: string, group: readonly IndexableDocument[], signal: AbortSignal): Promise<void> {
    const ids = group.map(({ document }) => document.id);
    const before = await this.#heads(['passage_count'], tenant, ids, signal);
    const { modelId } = this.#options.embedder;
    const points = group.flatMap(toClusterPassages).map(({ id, row, vector }) => ({
      id,
      vector: [...vector],
      payload: { ...row, embedder_model: modelId },
    }));
    const leftOver = group.flatMap(({ document, passages }) =>
      recordIds(tenant, document.id, passages.length, before.get(document.id)?.passage_count ?? 0),
    );
    const removal = leftOver.length > 0 ? [{ delete: { points: leftOver } }] : [];
    await this.#write([...removal, { upsert: { points } }], signal);
  }

  #write(operations: Schemas['UpdateOperation'][], signal: AbortSignal) {
    return this.#ask(signal, (init) => this.#api.batchUpdate({ ...this.#collection, wait: true, operations }, init));
  }

  async #heads<Field extends keyof ClusterRow>(
    fields: readonly Field[],
    tenant: string,
    documentIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<string, Head<Field>>> {
    if (documentIds.length === 0 || !(await this.#exists(signal))) return new Map();
    const ids = documentIds.map((id) => recordId(tenant, id, 0));
    const points = await this.#ask(signal, (init) =>
      this.#api.getPoints({ ...this.#collection, ids, with_payload: ['document_id', ...fields] }, init),
    );
    return new Map(points.map(({ payload }) => [String(payload?.document_id), payload as unknown as Head<Field>]));
  }

  async #ensureCollection(signal: AbortSignal): Promise<void> {
    const { alias, embedder } = this.#options;
    if (await this.#exists(signal)) {
      const stored = { modelId: (await this.#storedModel(signal)) ?? embedder.modelId };
      return checkSameModel(this.#place, { ...stored, dimensions: await this.#dimensions(signal) }, embedder);
    }
    const collection_name = versionName(alias, 1);
    await this.#create(collection_name, signal);
    const actions = [{ create_alias: { collection_name, alias_name: alias } }];
    await this.#ask(signal, (init) => this.#api.updateAliases({ actions }, init));
  }

  async #create(collection_name: string, signal: AbortSignal): Promise<void> {
    const { embedder, quantized } = this.#options;
    const ask = <T>(work: (init: RequestInit) => Promise<{ data: { result?: T } }>) => this.#ask(signal, work);
    await ask((init) =>
      this.#api.createCollection(
        {
          collection_name,
          vectors: { size: embedder.dimensions, distance: 'Cosine' },
          ...(quantized && { quantization_config: { scalar: { type: 'int8', always_ram: true } } }),
        },
        init,
      ),
    ).catch((error: unknown) => {
      // Another process was faster.
      if (statusOf((error as Error).cause) !== 409) throw error;
    });
    for (const [field_name, field_schema] of Object.entries(PAYLOAD_INDEXES)) {
      await ask((init) => this.#api.createFieldIndex({ collection_name, wait: true, field_name, field_schema }, init));
    }
  }

  async #exists(signal: AbortSignal): Promise<boolean> {
    const { exists } = await this.#ask(signal, (init) => this.#api.collectionExists(this.#collection, init));
    return exists || (await this.#collectionsOf(signal)).length > 0;
  }

  async #collectionsOf(signal: AbortSignal): Promise<string[]> {
    const { aliases } = await this.#ask(signal, (init) => this.#api.getCollectionsAliases({}, init));
    return aliases.filter(({ alias_name }) => alias_name === this.#options.alias).map((one) => one.collection_name);
  }

  /** The model of the stored vectors; `null` in an empty collection. */
  async #storedModel(signal: AbortSignal): Promise<string | null> {
    const { points } = await this.#ask(signal, (init) =>
      this.#api.scrollPoints({ ...this.#collection, limit: 1, with_payload: ['embedder_model'] }, init),
    );
    const model = points[0]?.payload?.embedder_model;
    return typeof model === 'string' ? model : null;
  }

  async #dimensions(signal: AbortSignal): Promise<number> {
    const { config } = await this.#ask(signal, (init) => this.#api.getCollection(this.#collection, init));
    const vectors = config.params.vectors;
    return vectors && 'size' in vectors && typeof vectors.size === 'number' ? vectors.size : 0;
  }

  #checkModel(modelId: string | null): void {
    const { embedder } = this.#options;
    if (modelId !== null) checkSameModel(this.#place, { ...embedder, modelId }, embedder);
  }

  async #ask<T>(
    signal: AbortSignal,
    work: (init: RequestInit) => Promise<{ data: { result?: T } }>,
  ): Promise<NonNullable<T>> {
    if (signal.aborted) throw abortError(signal);
    try {
      // `fetch` takes its listener off when the request is collected, which may be thousands of requests later.
      const { result } = (await withOwnSignal(signal, (own) => work({ signal: own }))).data;
      if (result === undefined || result === null) throw new Error('The reply has no result.');
      return result;
    } catch (cause) {
      if (signal.aborted) throw abortError(signal);
      if (statusOf(cause) === 404) throw missingClusterIndex(this.#place, cause);
      const message = `Qdrant, ${this.#place}: ${cause instanceof Error ? cause.message.slice(0, 300) : 'failed'}`;
      throw new ServiceError('retrieval-unavailable', { message, cause });
    }
  }
}

const anyOf = (key: string, values: readonly string[]): Condition =>
  values.length > 0 ? { key, match: { any: [...values] } } : nothing;
/** No point has an id of an empty list. */
const nothing: Condition = { has_id: [] };

/** Tenant, groups and the caller's conditions. */
function searchFilter(access: Access, filter: SearchFilter = {}): Filter {
  const must: Condition[] = [
    equals('tenant', access.tenant),
    { should: [equals('acl_open', true), anyOf('acl', access.groups)] },
  ];
  const conditions = clusterConditions(filter);
  for (const [field, values] of conditions.anyOf) must.push(anyOf(field, values));
  for (const [bound, ms] of conditions.dates)
    must.push(Number.isNaN(ms) ? nothing : { key: 'date_ms', range: { [bound]: ms } });
  return { must };
}

/** The client takes 6333 for an address without a port, which is wrong behind a proxy. */
function withPort(url: string): string {
  const { protocol, port } = new URL(url);
  if (port) return url;
  return url.replace(/^(https?:\/\/[^/]+)/, `$1:${protocol === 'https:' ? 443 : 80}`);
}

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'status' in error ? (error.status as number) : undefined;
