import { createHash } from 'node:crypto';
import { ServiceError } from '../../errors.js';
import type { SearchFilter } from '../../types.js';
import type { IndexableDocument, Indexer } from '../indexer.js';
import { endOf, startOf } from '../iso-date.js';
import { metadataTerm } from './embedded-filter.js';
import { type PassageRow, toChunking, toRows } from './embedded-rows.js';
import { patiently } from './patience.js';

/** What Elasticsearch and Qdrant keep of a passage: the embedded index's row, without what only that one needs. */
export type ClusterRow = Omit<PassageRow, 'vector' | 'search_terms' | 'language_tag'> & {
  /** Passages of the document; those of an older, longer version are removed by it. */
  passage_count: number;
  /** `en-gb` and `en` for `en-GB`, so that a filter for either finds it. */
  language_tags: string[];
};

export interface ClusterPassage {
  id: string;
  row: ClusterRow;
  vector: Float32Array;
}

/** Of a document's passages the first comes last: its fingerprint vouches for all that was written before it. */
export function toClusterPassages(item: IndexableDocument): ClusterPassage[] {
  const passages = toRows(item).map((full): ClusterPassage => {
    const { vector, search_terms: _terms, language_tag, ...row } = full;
    const { tenant, document_id, ordinal } = row;
    const more = { passage_count: item.passages.length, language_tags: withParents(language_tag) };
    return { id: recordId(tenant, document_id, ordinal), row: { ...row, ...more }, vector };
  });
  return passages.reverse();
}

/** `a-b-c` -> `a`, `a-b`, `a-b-c`. */
function withParents(tag: string | null): string[] {
  const parts = tag?.split('-') ?? [];
  return parts.map((_, index) => parts.slice(0, index + 1).join('-'));
}

/** The id of a passage in both stores: a UUID, since Qdrant takes nothing longer, made of what names the passage. */
export function recordId(tenant: string, documentId: string, ordinal: number): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([tenant, documentId, ordinal]))
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** Ids of the passages from `from` to below `to`. */
export function recordIds(tenant: string, documentId: string, from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => recordId(tenant, documentId, from + index));
}

/** @throws ServiceError `index-mismatch`, with the command that makes the index anew. */
export function checkSameModel(
  place: string,
  stored: { modelId: string; dimensions: number },
  wanted: { modelId: string; dimensions: number },
): void {
  if (stored.modelId === wanted.modelId && stored.dimensions === wanted.dimensions) return;
  const message =
    `${place}: made with ${stored.modelId} (${stored.dimensions} dimensions), but the embedding model is ` +
    `${wanted.modelId} (${wanted.dimensions}). Set CANDOR_EMBEDDER_MODEL to the first, or make the index anew, from files or ` +
    'from what is stored, and run: candor rebuild PATH... or candor rebuild --from-index';
  throw new ServiceError('index-mismatch', { message });
}

export const missingClusterIndex = (place: string, cause?: unknown) =>
  new ServiceError('index-missing', {
    message: `${place}: expected an index, found none. Run: candor ingest PATH...`,
    cause,
  });

/**
 * Writes in the order in which they were asked for, one at a time, each as often as a busy or restarting server makes it
 * necessary; a failure does not stop what comes after it.
 */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(signal: AbortSignal, write: () => Promise<T>): Promise<T> {
    const patient = () => patiently(write, signal);
    const result = this.#last.then(patient, patient);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Some fields of the first passage of a document: they say what there is to know of it. */
export type Head<Field extends keyof ClusterRow> = Pick<ClusterRow, Field | 'document_id'>;

/** Heads by document id of those of the documents that are stored. */
type ReadHeads = <Field extends keyof ClusterRow>(
  fields: readonly Field[],
  tenant: string,
  documentIds: readonly string[],
  signal: AbortSignal,
) => Promise<Map<string, Head<Field>>>;

type ReadsOfHeads = Pick<Indexer, 'fingerprints' | 'acls' | 'chunkings'>;

/** What a cluster says of stored documents without reading them. */
export function readsOfHeads(heads: ReadHeads): ReadsOfHeads {
  const read = async <Field extends keyof ClusterRow, T>(
    [tenant, documentIds, signal]: Parameters<Indexer['acls']>,
    field: Field,
    pick: (head: Head<Field>) => T | undefined,
  ) => {
    const found = await patiently(() => heads([field], tenant, documentIds, signal), signal);
    const picked = new Map<string, T>();
    for (const [id, head] of found) {
      const value = pick(head);
      if (value !== undefined) picked.set(id, value);
    }
    return picked;
  };
  return {
    fingerprints: (...call) => read(call, 'fingerprint', ({ fingerprint }) => fingerprint),
    acls: (...call) => read(call, 'acl', ({ acl }) => [acl]),
    chunkings: (...call) => read(call, 'structure', toChunking),
  };
}

/** `items` in their order, in groups whose sizes add up to at most `most`; an item above it is a group of its own. */
export function* inGroups<T>(items: Iterable<T>, most: number, sizeOf: (item: T) => number): Generator<T[]> {
  let group: T[] = [];
  let size = 0;
  for (const item of items) {
    const one = sizeOf(item);
    if (group.length > 0 && size + one > most) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(item);
    size += one;
  }
  if (group.length > 0) yield group;
}

/** `host:port` of an address: it may carry a password, which is nobody's to read. */
export const placeOf = (url: string, name: string): string => `${new URL(url).host}/${name}`;

export interface ClusterConditions {
  /** Field and the values of which a passage must have one. */
  anyOf: [field: string, values: string[]][];
  /** Bounds of `date_ms`, inclusive; `NaN` for a date that is none, which nothing satisfies. */
  dates: [bound: 'gte' | 'lte', ms: number][];
}

/** A caller's filter in terms of the stored fields; all conditions must hold. */
export function clusterConditions(filter: SearchFilter): ClusterConditions {
  const { documentIds, languages, dateFrom, dateTo, metadata = {} } = filter;
  return {
    anyOf: [
      ...(documentIds ? [['document_id', [...documentIds]] satisfies [string, string[]]] : []),
      ...(languages ? [['language_tags', languages.map((tag) => tag.toLowerCase())] satisfies [string, string[]]] : []),
      ...Object.entries(metadata).map(([key, values]): [string, string[]] => [
        'metadata_terms',
        values.map((value) => metadataTerm(key, value)),
      ]),
    ],
    dates: [
      ...(dateFrom ? [['gte', startOf(dateFrom)] satisfies ['gte', number]] : []),
      ...(dateTo ? [['lte', endOf(dateTo)] satisfies ['lte', number]] : []),
    ],
  };
}
