import type { ErrorCode } from '../errors.js';
import type { Access, DegradedPart, Query, ScoredPassage, SourceDocument } from '../types.js';

export interface RetrievalRequest {
  query: Query;
  /** Unit vector of the query, as `Embedder.embedQueries` gives it. A dense retriever needs it, a lexical one ignores it. */
  queryVector?: Float32Array;
  /** Most passages to return, 1..2000. */
  limit: number;
  /**
   * Words with the same first letter that are one or two edits from those of the query match, too. For lexical retrievers.
   * @default false
   */
  fuzzy?: boolean;
}

/** The read side of one back end. */
export interface Retriever {
  /** Shown in traces and in readiness, for example `embedded-lexical` or `qdrant`. */
  readonly name: string;
  /** Which score it sets: `lexical` sets `bm25Score`, `dense` sets `denseScore`. Shown in `degraded` when it fails. */
  readonly kind: 'lexical' | 'dense';
  /**
   * Passages the caller may see, best first, each at most once; `[]` when nothing matches. Tenant, groups and filter
   * are applied inside the back end, before the limit. Equal scores are ordered by passage id.
   *
   * @throws ServiceError `retrieval-unavailable`, `index-missing`, `index-corrupt`, or the error of the aborted signal.
   */
  retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<ScoredPassage[]>;
  /**
   * What `retrieve` gives for each request, in their order, in one call of the back end. For evaluations, which ask thousands of
   * queries; a back end without such a call leaves it out (see `retrieveMany`).
   */
  retrieveMany?(requests: readonly RetrievalRequest[], signal: AbortSignal): Promise<ScoredPassage[][]>;
  /** Resolves when the back end can answer. */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A back end that was late or failed, for traces. */
export interface RetrieverFailure {
  name: Retriever['name'];
  kind: Retriever['kind'];
  /** Of the error; `internal` when it is none of the service's. */
  code: ErrorCode;
}

/** What the hybrid retriever returns: fused passages, and the back ends that were late or failed. */
export interface RetrievalResult {
  /** Best first, each passage once. */
  passages: ScoredPassage[];
  /** Parts that gave nothing because they failed, each once; empty when all answered. */
  degraded: DegradedPart[];
  /** Which back ends these were, and why; absent when all answered. */
  failures?: readonly RetrieverFailure[];
}

/** Reads whole documents back, for citations and the documents API. */
export interface DocumentReader {
  /** The document as stored, or `null` when there is none the caller may see. */
  getDocument(documentId: string, access: Access, signal: AbortSignal): Promise<SourceDocument | null>;
}
