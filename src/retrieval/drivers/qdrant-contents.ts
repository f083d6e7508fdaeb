import type { QdrantClient, Schemas } from '@qdrant/js-client-rest';
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

export type Filter = Schemas['Filter'];
export type Condition = NonNullable<Extract<Filter['must'], unknown[]>>[number];

export const equals = (key: string, value: string | number | boolean): Condition => ({ key, match: { value } });

/** A client whose errors are the service's. */
export interface QdrantAccess {
  api: ReturnType<QdrantClient['api']>;
  /** Alias that is read and written. */
  alias: string;
  ask<T>(signal: AbortSignal, work: (init: RequestInit) => Promise<{ data: { result?: T } }>): Promise<NonNullable<T>>;
}

const POINTS_AT_ONCE = 1_000;
const SOURCES_AT_ONCE = 100;
const TENANTS_AT_ONCE = 1_000;

/** Lists and reads the documents of a Qdrant collection, page after page. */
export function qdrantContents({ api, alias: collection_name, ask }: QdrantAccess): ListableIndex {
  async function* pages<Row>(
    page: { limit: number; filter?: Filter; with_payload: string[] | true },
    signal: AbortSignal,
  ): AsyncGenerator<Row[]> {
    let offset: Schemas['ExtendedPointId'] | undefined;
    while (true) {
      const found = await ask(signal, (init) => api.scrollPoints({ collection_name, ...page, offset }, init));
      const rows = found.points.map(({ payload }) => payload as unknown as Row);
      if (rows.length > 0) yield rows;
      const next = found.next_page_offset;
      if (typeof next !== 'string' && typeof next !== 'number') return;
      offset = next;
    }
  }

  /** Those with documents, each once. */
  async function* tenants(signal: AbortSignal): AsyncGenerator<string> {
    const known: string[] = [];
    while (true) {
      const filter: Filter = { must: [equals('ordinal', 0)], must_not: [{ key: 'tenant', match: { any: known } }] };
      const request = { collection_name, key: 'tenant', limit: TENANTS_AT_ONCE, exact: true, filter };
      const { hits } = await ask(signal, (init) => api.facet(request, init));
      const found = hits.map(({ value }) => String(value));
      yield* found;
      if (found.length < TENANTS_AT_ONCE) return;
      known.push(...found);
    }
  }

  const ofDocuments = (tenant: string, ids: readonly string[]): Filter => ({
    must: [equals('tenant', tenant), { key: 'document_id', match: { any: [...ids] } }],
  });

  async function rowsOf<Row>(
    tenant: string,
    ids: readonly string[],
    with_payload: string[] | true,
    signal: AbortSignal,
  ) {
    const rows: Row[] = [];
    if (ids.length === 0) return rows;
    const page = { limit: POINTS_AT_ONCE, filter: ofDocuments(tenant, ids), with_payload };
    for await (const some of pages<Row>(page, signal)) rows.push(...some);
    return rows;
  }

  const ordered = async ({ tenant, documentId }: DocumentReference, signal: AbortSignal) =>
    (await rowsOf<StoredRow & ClusterRow>(tenant, [documentId], true, signal)).sort((a, b) => a.ordinal - b.ordinal);
  const stateFields = ['document_id', 'ordinal', 'passage_count', 'fingerprint'];
  const referenceFields = ['tenant', 'document_id'];

  return {
    name: 'qdrant',
    async *list(signal, sample) {
      if (sample === undefined) {
        const page = { limit: POINTS_AT_ONCE, with_payload: referenceFields };
        for await (const rows of pages<ClusterRow>(page, signal)) yield* inParts(referencesOf(rows));
        return;
      }
      const query = { sample: 'random' } as const;
      const filter = { must: [equals('ordinal', 0)] };
      const { points } = await ask(signal, (init) =>
        api.queryPoints({ collection_name, query, filter, limit: sample, with_payload: referenceFields }, init),
      );
      yield* inParts(referencesOf(points.map(({ payload }) => payload as unknown as ClusterRow)));
    },
    states: async (tenant, ids, signal) => toStates(await rowsOf<RowState>(tenant, ids, stateFields, signal)),
    async read(reference, signal) {
      const rows = await ordered(reference, signal);
      const [head] = rows;
      if (!head || !toStates(rows).get(reference.documentId)?.isWhole) return null;
      return { ...toSource(head), fingerprint: head.fingerprint, passages: rows.map(toPassage) };
    },
    async source(reference, signal) {
      const [head] = await ordered(reference, signal);
      return head?.ordinal === 0 ? toSource(head) : null;
    },
    async *sources(signal): AsyncGenerator<StoredSource> {
      for await (const tenant of tenants(signal)) {
        const filter = { must: [equals('tenant', tenant), equals('ordinal', 0)] };
        const page = { limit: SOURCES_AT_ONCE, filter, with_payload: true } as const;
        for await (const rows of pages<StoredRow>(page, signal)) yield* rows.map(toSource);
      }
    },
    async trim({ tenant, documentId }, from, signal) {
      const must = [
        equals('tenant', tenant),
        equals('document_id', documentId),
        { key: 'ordinal', range: { gte: from } },
      ];
      await ask(signal, (init) => api.deletePoints({ collection_name, wait: true, filter: { must } }, init));
    },
  };
}
