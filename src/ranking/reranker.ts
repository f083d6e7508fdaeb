import type { Passage, Query } from '../types.js';

export interface RerankRequest {
  query: Query;
  /** In the order of retrieval, best first: a reranker may weigh a passage's place as evidence of its own. */
  passages: readonly Passage[];
}

/** A passage's place in the new order, by its index in `RerankRequest.passages`. */
export interface RankedPassage {
  index: number;
  /** Raw output of the model, unbounded. */
  relevanceLogit: number;
  /** Calibrated probability that the passage answers the query, 0..1; rises with `relevanceLogit`. */
  relevanceScore: number;
  /** What the model read for it, the question included; absent where it does not count. */
  tokens?: number;
}

/** A second, closer look at a few passages. */
export interface Reranker {
  readonly modelId: string;
  /**
   * One entry for each passage, best first; equal ones keep the order of the input. The order need not be that of
   * `relevanceLogit`, which looks at query and passage alone.
   */
  rerank(request: RerankRequest, signal: AbortSignal): Promise<RankedPassage[]>;
  close(): Promise<void>;
}
