import type { IndexableDocument, StoredSource } from './indexer.js';

export interface DocumentReference {
  tenant: string;
  documentId: string;
}

/** What a store has of one document. */
export interface DocumentState {
  /** Of its first passage; `null` when that is missing. */
  fingerprint: string | null;
  /** Passages that are there. */
  passages: number;
  /** Every passage is there, once, in one form, and nothing else. */
  isWhole: boolean;
}

/** A store whose contents can be listed and read back, to be compared with another one. */
export interface ListableIndex {
  readonly name: string;
  /** Pages of documents of all tenants, in no order that matters; a document may come twice. @param sample About so many of them, at random. */
  list(signal: AbortSignal, sample?: number): AsyncIterable<DocumentReference[]>;
  /** Of those of the documents that have any passage. */
  states(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<Map<string, DocumentState>>;
  /** All of a document but its vectors; `null` when it is not whole. */
  read(reference: DocumentReference, signal: AbortSignal): Promise<Omit<IndexableDocument, 'vectors'> | null>;
  /** The stored document, whoever may see it; `null` when its first passage is missing. */
  source(reference: DocumentReference, signal: AbortSignal): Promise<StoredSource | null>;
  /** All stored documents of all tenants, tenant after tenant. */
  sources(signal: AbortSignal): AsyncIterable<StoredSource>;
  /** Removes the passages of a document from a place on: what a write that was cut short has left. */
  trim(reference: DocumentReference, from: number, signal: AbortSignal): Promise<void>;
}

/** A passage's row without its texts. */
export interface RowState {
  document_id: string;
  ordinal: number;
  passage_count: number;
  fingerprint: string;
}

/** @param rows All rows of some documents. */
export function toStates(rows: readonly RowState[]): Map<string, DocumentState> {
  const byId = new Map<string, RowState[]>();
  for (const row of rows) byId.set(row.document_id, [...(byId.get(row.document_id) ?? []), row]);
  return new Map(
    [...byId].map(([id, own]) => {
      const head = own.find(({ ordinal }) => ordinal === 0);
      const ordinals = new Set(own.map(({ ordinal }) => ordinal));
      const isWhole =
        head !== undefined &&
        own.length === head.passage_count &&
        ordinals.size === own.length &&
        own.every(({ ordinal, fingerprint }) => ordinal < own.length && fingerprint === head.fingerprint);
      return [id, { fingerprint: head?.fingerprint ?? null, passages: own.length, isWhole }] as const;
    }),
  );
}

/** References of some rows, each document once. */
export function referencesOf(rows: readonly { tenant: string; document_id: string }[]): DocumentReference[] {
  const found = new Map<string, DocumentReference>();
  for (const { tenant, document_id } of rows) {
    found.set(JSON.stringify([tenant, document_id]), { tenant, documentId: document_id });
  }
  return [...found.values()];
}

/** Documents whose passages are read at once. */
const DOCUMENTS_AT_ONCE = 100;

export function* inParts<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += DOCUMENTS_AT_ONCE) {
    yield items.slice(start, start + DOCUMENTS_AT_ONCE);
  }
}
