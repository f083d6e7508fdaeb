import type { Client, estypes } from '@elastic/elasticsearch';
import {
  type DocumentReference,
  inParts,
  type ListableIndex,
  type RowState,
  referencesOf,
  toStates,
} from '../index-contents.js';
import type { StoredSource } from '../indexer.js';
import type { ClusterRow } from './cluster-rows.js';
import { type StoredRow, toPassage, toSource } from './embedded-rows.js';

/** A client whose errors are the service's. */
export interface ElasticsearchAccess {
  client: Client;
  /** Alias that is read and written. */
  alias: string;
  ask<T>(signal: AbortSignal, work: (options: { signal: AbortSignal }) => Promise<T>): Promise<T>;
}

const ROWS_AT_ONCE = 2_000;
const SOURCES_AT_ONCE = 100;
const KEEP_ALIVE = '5m';

/** Lists and reads the documents of an Elasticsearch index, page after page (`search_after` over a point in time). */
export function elasticsearchContents({ client, alias, ask }: ElasticsearchAccess): ListableIndex {
  type Page = {
    size: number;
    query: estypes.QueryDslQueryContainer;
    _source: estypes.SearchSourceConfig;
    sort: estypes.Sort;
  };

  /** Everything that matches, as it is now: what is written meanwhile changes nothing. */
  async function* pages<Row>(page: Page, signal: AbortSignal): AsyncGenerator<Row[]> {
    let { id } = await ask(signal, (options) =>
      client.openPointInTime({ index: alias, keep_alive: KEEP_ALIVE }, options),
    );
    try {
      let search_after: estypes.SortResults | undefined;
      while (true) {
        const pit = { id, keep_alive: KEEP_ALIVE };
        const found = await ask(signal, (options) =>
          client.search<Row>({ ...page, pit, search_after, track_total_hits: false }, options),
        );
        id = found.pit_id ?? id;
        const { hits } = found.hits;
        if (hits.length > 0) yield hits.flatMap(({ _source }) => (_source === undefined ? [] : [_source]));
        if (hits.length < page.size) return;
        search_after = hits.at(-1)?.sort;
      }
    } finally {
      await client.closePointInTime({ id }).catch(() => undefined);
    }
  }

  const inOrder: estypes.Sort = ['tenant', 'document_id', 'ordinal'];
  const ofDocuments = (tenant: string, ids: readonly string[]): estypes.QueryDslQueryContainer => ({
    bool: { filter: [{ term: { tenant } }, { terms: { document_id: [...ids] } }] },
  });
  const stateFields = ['document_id', 'ordinal', 'passage_count', 'fingerprint'] satisfies (keyof RowState)[];

  async function rowsOf<Row>(tenant: string, ids: readonly string[], _source: Page['_source'], signal: AbortSignal) {
    const rows: Row[] = [];
    const page = { size: ROWS_AT_ONCE, query: ofDocuments(tenant, ids), _source, sort: inOrder };
    for await (const some of pages<Row>(page, signal)) rows.push(...some);
    return rows;
  }

  const source = async ({ tenant, documentId }: DocumentReference, signal: AbortSignal) => {
    const [head] = await rowsOf<StoredRow & ClusterRow>(tenant, [documentId], {}, signal);
    return head && head.ordinal === 0 ? toSource(head) : null;
  };

  return {
    name: 'elasticsearch',
    async *list(signal, sample) {
      const fields = ['tenant', 'document_id'];
      if (sample === undefined) {
        const page = { size: ROWS_AT_ONCE, query: { match_all: {} }, _source: fields, sort: inOrder };
        for await (const rows of pages<ClusterRow>(page, signal)) yield* inParts(referencesOf(rows));
        return;
      }
      const query = { function_score: { query: { term: { ordinal: 0 } }, random_score: {} } };
      const found = await ask(signal, (options) =>
        client.search<ClusterRow>({ index: alias, size: Math.min(sample, 10_000), query, _source: fields }, options),
      );
      yield* inParts(referencesOf(found.hits.hits.flatMap(({ _source }) => _source ?? [])));
    },
    states: async (tenant, ids, signal) => toStates(await rowsOf<RowState>(tenant, ids, stateFields, signal)),
    async read(reference, signal) {
      const { tenant, documentId } = reference;
      const rows = await rowsOf<StoredRow & ClusterRow>(tenant, [documentId], {}, signal);
      const [head] = rows;
      if (!head || !toStates(rows).get(documentId)?.isWhole) return null;
      return { ...toSource(head), fingerprint: head.fingerprint, passages: rows.map(toPassage) };
    },
    source,
    async *sources(signal): AsyncGenerator<StoredSource> {
      const page = { size: SOURCES_AT_ONCE, query: { term: { ordinal: 0 } }, _source: {}, sort: inOrder };
      for await (const rows of pages<StoredRow>(page, signal)) yield* rows.map(toSource);
    },
    async trim({ tenant, documentId }, from, signal) {
      const filter = [
        { term: { tenant } },
        { term: { document_id: documentId } },
        { range: { ordinal: { gte: from } } },
      ];
      await ask(signal, (options) =>
        client.deleteByQuery(
          { index: alias, query: { bool: { filter } }, refresh: true, conflicts: 'proceed' },
          options,
        ),
      );
    },
  };
}
