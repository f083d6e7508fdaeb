import { Client, errors, type estypes } from '@elastic/elasticsearch';
import { abortError, ServiceError } from '../../errors.js';
import type { Access, SourceDocument } from '../../types.js';
import type { ChunkingOptions } from '../chunking.js';
import {
  type ConnectionSettings,
  certificateError,
  type ElasticsearchConnection,
  readConnection,
} from '../elasticsearch-connection.js';
import type { ListableIndex } from '../index-contents.js';
import { type VersionedIndex, versionName } from '../index-versions.js';
import type { IndexableDocument, Indexer, IndexInfo, PutResult, RejectedDocument } from '../indexer.js';
import type { DocumentReader, Retriever } from '../retriever.js';
import { soundDocuments } from '../sound-documents.js';
import {
  type ClusterRow,
  checkSameModel,
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
import { type ElasticsearchAccess, elasticsearchContents } from './elasticsearch-contents.js';
import {
  ANALYSIS,
  FORMAT_VERSION,
  filterClauses,
  mappings,
  searchQuery,
  stemmedField,
} from './elasticsearch-schema.js';
import { elasticsearchVersions } from './elasticsearch-versions.js';
import {
  CHUNKING_SAMPLE,
  DOCUMENT_COLUMNS,
  type StoredRow,
  toDocument,
  toPassage,
  usualChunkingOf,
} from './embedded-rows.js';
import { BUSY, patiently, waitBefore } from './patience.js';

export interface ElasticsearchIndexOptions extends ElasticsearchConnection {
  /** Alias that is read and written; the index behind it is `<alias>-000001` and so on. */
  alias: string;
  embedder: { modelId: string; dimensions: number };
  /** Of a new index, at least 1. @default 1 */
  shards?: number;
}

const SETTINGS: ConnectionSettings = {
  url: 'ELASTICSEARCH_URL',
  cloudId: 'ELASTICSEARCH_CLOUD_ID',
  caFile: 'ELASTICSEARCH_CA_FILE',
};
/** Majors of the server that the client, version 8, speaks with: a server 9 answers requests in the form of 8. */
const SERVER_MAJORS = new Set([8, 9]);
/** Characters of text in one bulk request. */
const BULK_CHARACTERS = 5_000_000;
/** Times an item of a bulk is sent while the server is too busy for it. */
const ITEM_ATTEMPTS = 6;

/** The lexical index of a cluster: one record a passage, all passages of a document on one shard. */
export class ElasticsearchIndex implements Indexer, DocumentReader {
  readonly name = 'elasticsearch';
  readonly #options: ElasticsearchIndexOptions;
  readonly #client: Client;
  readonly #place: string;
  readonly #writes = new WriteQueue();
  readonly fingerprints: Indexer['fingerprints'];
  readonly acls: Indexer['acls'];
  readonly chunkings: Indexer['chunkings'];
  #serverChecked = false;

  constructor(options: ElasticsearchIndexOptions) {
    this.#options = options;
    const { url, cloudId, alias } = options;
    // The hybrid retriever's deadline and its breaker decide; a silent second try would hide a slow store.
    this.#client = new Client({ ...readConnection(options, SETTINGS), maxRetries: 0, requestTimeout: 120_000 });
    ({
      fingerprints: this.fingerprints,
      acls: this.acls,
      chunkings: this.chunkings,
    } = readsOfHeads((...call) => this.#heads(...call)));
    this.#place = url ? placeOf(url, alias) : `${cloudId?.split(':')[0]}/${alias}`;
  }

  /** BM25 over title and text. */
  lexicalRetriever(): Retriever {
    const { alias: index } = this.#options;
    return {
      name: 'elasticsearch',
      kind: 'lexical',
      retrieve: async ({ query, limit, fuzzy }, signal) => {
        const found = await this.#ask(signal, (options) =>
          this.#client.search<StoredRow>(
            {
              index,
              size: limit,
              query: searchQuery(query.text, filterClauses(query.access, query.filter), fuzzy),
              sort: [{ _score: { order: 'desc' } }, { passage_id: { order: 'asc' } }],
              track_total_hits: false,
              _source: { excludes: [...DOCUMENT_COLUMNS, 'metadata_terms'] },
            },
            options,
          ),
        );
        return found.hits.hits.flatMap(({ _source, _score }) =>
          _source ? [{ passage: toPassage(_source), bm25Score: _score ?? Number.NaN }] : [],
        );
      },
      check: async (signal) => {
        await this.#checkServer(signal);
        if (!(await this.#meta(signal))) throw missingClusterIndex(this.#place);
      },
      close: async () => undefined,
    };
  }

  async info(signal: AbortSignal): Promise<IndexInfo> {
    const meta = await this.#meta(signal);
    if (!meta) return { embedderModelId: null, dimensions: null, documents: 0, passages: 0 };
    const { alias: index } = this.#options;
    const count = async (query?: estypes.QueryDslQueryContainer) =>
      (await this.#ask(signal, (options) => this.#client.count({ index, query }, options))).count;
    const [documents, passages] = await Promise.all([count({ term: { ordinal: 0 } }), count()]);
    return { embedderModelId: meta.modelId, dimensions: meta.dimensions, documents, passages };
  }

  usualChunking(signal: AbortSignal): Promise<ChunkingOptions | null> {
    return patiently(async () => {
      if (!(await this.#meta(signal))) return null;
      const { alias: index } = this.#options;
      const query = { term: { ordinal: 0 } };
      const found = await this.#ask(signal, (options) =>
        this.#client.search<StoredRow>({ index, size: CHUNKING_SAMPLE, query, _source: ['structure'] }, options),
      );
      return usualChunkingOf(found.hits.hits.flatMap(({ _source }) => _source ?? []));
    }, signal);
  }

  async put(documents: readonly IndexableDocument[], signal: AbortSignal): Promise<PutResult> {
    const { tenant, sound, rejected } = soundDocuments(documents, this.#options.embedder.dimensions);
    if (tenant === undefined) return { stored: 0, rejected };
    return this.#writes.run(signal, async () => {
      await this.#ensureIndex(signal);
      const refused: RejectedDocument[] = [];
      for (const group of inGroups(sound, BULK_CHARACTERS, ({ document }) => document.text.length)) {
        refused.push(...(await this.#store(tenant, group, signal)));
      }
      return { stored: sound.length - refused.length, rejected: [...rejected, ...refused] };
    });
  }

  async delete(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<number> {
    return this.#writes.run(signal, async () => {
      const heads = await this.#heads(['passage_count'], tenant, documentIds, signal);
      if (heads.size === 0) return 0;
      const actions = [...heads].flatMap(([id, { passage_count }]) => removals(tenant, id, 0, passage_count));
      const [refused] = await this.#bulk(actions, signal);
      if (refused) throw this.#unavailable(`${refused[0]} could not be removed: ${refused[1]}`);
      return heads.size;
    });
  }

  async getDocument(documentId: string, access: Access, signal: AbortSignal): Promise<SourceDocument | null> {
    const { alias: index } = this.#options;
    const filter = [...filterClauses(access, { documentIds: [documentId] }), { term: { ordinal: 0 } }];
    const found = await this.#ask(signal, (options) =>
      this.#client.search<StoredRow>({ index, size: 1, query: { bool: { filter } } }, options),
    );
    const row = found.hits.hits[0]?._source;
    return row ? toDocument(row) : null;
  }

  /** Removes every version of the index, and its aliases. */
  async drop(signal: AbortSignal): Promise<void> {
    const versions = this.versions();
    for (const version of (await versions.versions(signal)).all) await versions.remove(version, signal);
  }

  /** Lists and reads what is stored. */
  contents(): ListableIndex {
    return elasticsearchContents(this.#access);
  }

  /** Makes and switches versions of the index. */
  versions(): VersionedIndex {
    return elasticsearchVersions(this.#access, async (index, aliases, signal) => {
      await this.#checkServer(signal);
      await this.#create(index, aliases, signal);
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  get #access(): ElasticsearchAccess {
    return { client: this.#client, alias: this.#options.alias, ask: (signal, work) => this.#ask(signal, work) };
  }

  #unavailable(reason: string, cause?: unknown): ServiceError {
    const message = `Elasticsearch, ${this.#place}: ${firstLine(reason)}`;
    return new ServiceError('retrieval-unavailable', { message, cause });
  }

  /**
   * Writes each document with one request: it arrives as a whole even when this process ends in the middle. One that is
   * refused stays as it was before.
   */
  async #store(tenant: string, group: readonly IndexableDocument[], signal: AbortSignal): Promise<RejectedDocument[]> {
    const ids = group.map(({ document }) => document.id);
    const before = await this.#heads(['passage_count'], tenant, ids, signal);
    const kept = await this.#rows(tenant, before, signal);
    const actions = group.flatMap((item): BulkAction[] => {
      const { id } = item.document;
      const leftOver = removals(tenant, id, item.passages.length, before.get(id)?.passage_count ?? 0);
      const writes = toClusterPassages(item).map(({ id: _id, row }): BulkAction => ({ documentId: id, _id, row }));
      return [...leftOver, ...writes];
    });
    const refused = await this.#bulk(actions, signal);
    if (refused.size > 0) {
      const counts = new Map(group.map(({ document, passages }) => [document.id, passages.length]));
      const undo = [...refused.keys()].flatMap((id): BulkAction[] => [
        ...removals(tenant, id, before.get(id)?.passage_count ?? 0, counts.get(id) ?? 0),
        ...(kept.get(id) ?? []),
      ]);
      await this.#bulk(undo, signal);
    }
    return [...refused].map(([documentId, reason]) => ({ documentId, reason }));
  }

  /** Everything stored of some documents, to be written again when their new version is refused; the first passage last. */
  async #rows(
    tenant: string,
    heads: ReadonlyMap<string, Head<'passage_count'>>,
    signal: AbortSignal,
  ): Promise<Map<string, BulkAction[]>> {
    const found = new Map<string, BulkAction[]>();
    const docs = [...heads].flatMap(([id, { passage_count }]) =>
      recordIds(tenant, id, 0, passage_count)
        .reverse()
        .map((_id) => ({ _index: this.#options.alias, _id, routing: id })),
    );
    if (docs.length === 0) return found;
    const reply = await this.#ask(signal, (options) => this.#client.mget<ClusterRow>({ docs }, options));
    for (const doc of reply.docs) {
      if (!('_source' in doc) || !doc._source) continue;
      const documentId = doc._source.document_id;
      const own = found.get(documentId) ?? [];
      own.push({ documentId, _id: doc._id, row: doc._source });
      found.set(documentId, own);
    }
    return found;
  }

  /**
   * What the server is too busy for is sent again, later each time; resolves to the documents it refused, and why.
   *
   * @throws ServiceError `retrieval-unavailable` when it takes no writes now, whatever they are: nothing is wrong with them.
   */
  async #bulk(actions: readonly BulkAction[], signal: AbortSignal): Promise<Map<string, string>> {
    const refused = new Map<string, string>();
    let left = actions;
    for (let attempt = 1; left.length > 0; attempt++) {
      const { alias: index } = this.#options;
      const sent = left;
      const operations = sent.flatMap((action): estypes.BulkOperationContainer[] => {
        const target = { _index: index, _id: action._id, routing: action.documentId };
        return 'row' in action ? [{ index: target }, toSource(action.row) as object] : [{ delete: target }];
      });
      const reply = await this.#ask(signal, (options) =>
        this.#client.bulk({ operations, refresh: true, require_alias: true }, options),
      );
      const busy: BulkAction[] = [];
      for (const [place, item] of reply.items.entries()) {
        const result = item.index ?? item.delete;
        const action = sent[place] as BulkAction;
        const reason = result?.error && (result.error.reason ?? result.error.type);
        if (!reason) continue;
        if (result.error?.type === 'cluster_block_exception') throw this.#unavailable(reason);
        if (!BUSY.has(result.status)) refused.set(action.documentId, reason);
        else if (attempt < ITEM_ATTEMPTS) busy.push(action);
        else throw this.#unavailable(reason);
      }
      left = busy;
      if (left.length > 0) await waitBefore(attempt, signal);
    }
    return refused;
  }

  /** First passages of stored documents, read past the refresh: also what was written a moment ago. */
  async #heads<Field extends keyof ClusterRow>(
    fields: readonly Field[],
    tenant: string,
    documentIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<string, Head<Field>>> {
    const found = new Map<string, Head<Field>>();
    if (documentIds.length === 0 || !(await this.#meta(signal))) return found;
    const docs = documentIds.map((id) => ({
      _index: this.#options.alias,
      _id: recordId(tenant, id, 0),
      routing: id,
      _source: ['document_id', ...fields],
    }));
    const reply = await this.#ask(signal, (options) => this.#client.mget<Head<Field>>({ docs }, options));
    for (const doc of reply.docs) if ('_source' in doc && doc._source) found.set(doc._source.document_id, doc._source);
    return found;
  }

  async #ensureIndex(signal: AbortSignal): Promise<void> {
    const { alias, embedder } = this.#options;
    await this.#checkServer(signal);
    const meta = await this.#meta(signal);
    if (meta) return checkSameModel(this.#place, meta, embedder);
    try {
      await this.#create(versionName(alias, 1), [alias], signal);
    } catch (error) {
      // Another process was faster.
      if (typeOf((error as Error).cause) !== 'resource_already_exists_exception') throw error;
      const made = await this.#meta(signal);
      if (made) checkSameModel(this.#place, made, embedder);
    }
  }

  async #create(index: string, aliases: readonly string[], signal: AbortSignal): Promise<void> {
    const { embedder, shards = 1 } = this.#options;
    const settings = {
      number_of_shards: shards,
      auto_expand_replicas: '0-1',
      analysis: ANALYSIS,
    };
    const header = { formatVersion: FORMAT_VERSION, modelId: embedder.modelId, dimensions: embedder.dimensions };
    const names = Object.fromEntries(aliases.map((name) => [name, {}]));
    await this.#ask(signal, (options) =>
      this.#client.indices.create({ index, settings, mappings: mappings(header), aliases: names }, options),
    );
  }

  /** What the index says of itself; `null` when there is none. */
  async #meta(signal: AbortSignal): Promise<{ modelId: string; dimensions: number } | null> {
    const { alias: index } = this.#options;
    try {
      const reply = await this.#ask(signal, (options) => this.#client.indices.getMapping({ index }, options));
      const meta = Object.values(reply)[0]?.mappings._meta;
      if (meta?.formatVersion === FORMAT_VERSION) return { modelId: meta.modelId, dimensions: meta.dimensions };
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'index-missing') return null;
      throw error;
    }
    const message = `${this.#place}: expected an index of Candor, format ${FORMAT_VERSION}, found another one. Set CANDOR_CLUSTER_ALIAS to a new name and run: candor ingest PATH...`;
    throw new ServiceError('index-corrupt', { message });
  }

  async #checkServer(signal: AbortSignal): Promise<void> {
    if (this.#serverChecked) return;
    const { version } = await this.#ask(signal, (options) => this.#client.info({}, options));
    if (!SERVER_MAJORS.has(Number.parseInt(version.number, 10))) {
      const message = `ELASTICSEARCH_URL: expected a server of version 8 or 9, found ${version.number}.`;
      throw new ServiceError('invalid-config', { message });
    }
    this.#serverChecked = true;
  }

  async #ask<T>(signal: AbortSignal, work: (options: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    if (signal.aborted) throw abortError(signal);
    try {
      return await work({ signal });
    } catch (cause) {
      if (signal.aborted) throw abortError(signal);
      if (typeOf(cause) === 'index_not_found_exception' || isMissingAlias(cause)) {
        throw missingClusterIndex(this.#place, cause);
      }
      const refused = certificateError(cause, SETTINGS);
      if (refused) throw refused;
      throw this.#unavailable(cause instanceof Error ? cause.message : 'failed', cause);
    }
  }
}

type BulkAction = { documentId: string; _id: string } | { documentId: string; _id: string; row: ClusterRow };

const removals = (tenant: string, documentId: string, from: number, to: number): BulkAction[] =>
  recordIds(tenant, documentId, from, to).map((_id) => ({ documentId, _id }));

function toSource(row: ClusterRow): Record<string, unknown> {
  const field = stemmedField(row.language);
  return field ? { ...row, stemmed: { [field]: `${row.title}\n${row.text}` } } : { ...row };
}

const typeOf = (error: unknown): string | undefined =>
  error instanceof errors.ResponseError ? (error.body as { error?: { type?: string } })?.error?.type : undefined;
const isMissingAlias = (error: unknown) => error instanceof errors.ResponseError && error.statusCode === 404;
const firstLine = (text: string) => text.split('\n')[0]?.slice(0, 300) ?? '';
