import type { SearchEvent, SearchRequest, SearchResponse } from '../types.js';
import type { ThresholdWatch } from './parts.js';
import type { Reranking, RerankRequest } from './rerank-texts.js';

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
  /** Ready to serve = every `required` component is ready. */
  status(signal: AbortSignal): Promise<ComponentStatus[]>;
  close(): Promise<void>;
}
