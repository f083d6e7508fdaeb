import type { Author, DocumentOperation, DocumentOutcome, StoredDocument } from '../retrieval/document-writer.js';
import type { OverrideStore } from '../safety/overrides.js';
import type { Access, SearchEvent, SearchRequest, SearchResponse } from '../types.js';
import type { Reranking, RerankRequest } from './rerank-texts.js';
import type { ThresholdWatch } from './threshold-watch.js';

export interface ComponentStatus {
  /** Such as `embedded-lexical`, `generator`, `reward`. */
  name: string;
  ready: boolean;
  /** Without it no request can be served; otherwise the service goes on in a reduced form. */
  required: boolean;
  /** Error code when not ready; never a message of the inside. */
  code?: string;
}

/** What the edges (HTTP, terminal, evaluation) see of everything below them. */
export interface Pipeline {
  /**
   * Hits and, when confident, the answer among them. Abstaining and degraded hits are results, not errors.
   *
   * @throws ServiceError `retrieval-unavailable` when every retriever failed, or the error of the aborted signal.
   */
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchResponse>;
  /** The same as events: the hits leave as soon as they are ranked and never wait for the answer. */
  stream(request: SearchRequest, signal: AbortSignal): AsyncIterable<SearchEvent>;
  /**
   * The reranker alone, on texts of the caller.
   *
   * @throws ServiceError `model-missing` without reranker, `inference-failed`, or the error of the aborted signal.
   */
  rerank(request: RerankRequest, signal: AbortSignal): Promise<Reranking>;
  /** The promise about shown answers; `null` where nothing is promised or nobody watches. */
  readonly watch: ThresholdWatch | null;
  /** The document as stored, or `null` when there is none the caller may see. */
  getDocument(documentId: string, access: Access, signal: AbortSignal): Promise<StoredDocument | null>;
  /**
   * Puts and deletes documents, each on its own; see `DocumentWriter.write`. What models remember of a passage they remember
   * by its text, so a search that begins after this knows the new one only.
   *
   * @throws ServiceError when a store or the embedder failed; everything may be sent again.
   */
  writeDocuments(
    operations: readonly DocumentOperation[],
    author: Author,
    signal: AbortSignal,
  ): Promise<DocumentOutcome[]>;
  /** The administrator's rules about queries and documents. */
  readonly overrides: OverrideStore;
  /** Ready to serve = every `required` component is ready. */
  status(signal: AbortSignal): Promise<ComponentStatus[]>;
  close(): Promise<void>;
}
