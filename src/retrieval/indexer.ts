import type { Passage, SourceDocument, TextStructure } from '../types.js';
import type { ChunkingOptions } from './chunking.js';

/** A document with what is needed to cut it into passages again. */
export interface StoredSource {
  document: SourceDocument;
  /** Headings and tables of its text. @default none of either */
  structure?: TextStructure;
  /** How it was cut into passages. @default not known: stored by an older version of this program */
  chunking?: ChunkingOptions;
}

/** A document with everything the stores need. */
export interface IndexableDocument extends StoredSource {
  /** Hash of the record and of the chunking settings. Equal fingerprint = nothing to do. */
  fingerprint: string;
  /** In reading order, at least one. */
  passages: readonly Passage[];
  /** Unit vector of each passage, in the same order. */
  vectors: readonly Float32Array[];
}

export interface RejectedDocument {
  documentId: string;
  /** For a person: what was wrong with it. */
  reason: string;
}

export interface PutResult {
  /** Documents that are durable and visible to the next query. */
  stored: number;
  /** Documents the back end refused; the others are stored all the same. */
  rejected: RejectedDocument[];
}

export interface IndexInfo {
  /** `Embedder.modelId` of the stored vectors; `null` while the index is empty. */
  embedderModelId: string | null;
  dimensions: number | null;
  documents: number;
  passages: number;
}

/** The write side of one back end. */
export interface Indexer {
  readonly name: string;
  /** Counts and the embedding model; an index that does not exist yet is empty, not an error. */
  info(signal: AbortSignal): Promise<IndexInfo>;
  /** Fingerprints of those of the given documents that are stored. What is there with the same one may be skipped. */
  fingerprints(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<Map<string, string>>;
  /**
   * Groups that may see those of the given documents that are stored, each in any form; empty = everybody in the tenant.
   * A document that two stores hold for different groups has every list of them.
   */
  acls(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<Map<string, readonly string[][]>>;
  /** How those of the given documents that are stored were cut into passages; without those of which it is not known. */
  chunkings(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<Map<string, ChunkingOptions>>;
  /** How most of a few stored documents were cut, of whatever tenants; `null` while nothing is stored, or not known. */
  usualChunking(signal: AbortSignal): Promise<ChunkingOptions | null>;
  /**
   * Stores documents of one tenant. A document that exists is replaced as a whole: no passage of the old version
   * stays. Durable when it resolves; a process killed halfway leaves each document either old or new.
   *
   * @throws ServiceError `index-mismatch` when the vectors are of another model or size than the stored ones.
   */
  put(documents: readonly IndexableDocument[], signal: AbortSignal): Promise<PutResult>;
  /** Removes documents from the next query on; resolves to how many there were. Unknown ids are not an error. */
  delete(tenant: string, documentIds: readonly string[], signal: AbortSignal): Promise<number>;
  /** Called once after a large load: builds or merges indexes for speed. Queries are right without it. */
  optimize?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
