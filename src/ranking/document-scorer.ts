/** A text to be scored; it need not be in any index. */
export interface ScorableDocument {
  id: string;
  /** Empty where there is none. */
  title: string;
  text: string;
}

/** Gives each text of a list a score for a query: what a run in a file is reranked with. */
export interface DocumentScorer {
  /** Changes whenever the same input could give other scores. */
  readonly modelId: string;
  /** A score depends on query and document alone, not on the other documents of the list. */
  readonly pointwise: boolean;
  /**
   * One score for each document, in their order: higher is better, finite, of any scale. `[]` for none.
   *
   * @throws ServiceError `inference-failed`, or the error of the aborted signal.
   */
  score(query: string, documents: readonly ScorableDocument[], signal: AbortSignal): Promise<number[]>;
  close(): Promise<void>;
}
