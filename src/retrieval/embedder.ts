import type { Passage } from '../types.js';

/** What a passage's vector is made of; the driver joins them as its model was trained. */
export type EmbeddablePassage = Pick<Passage, 'title' | 'headings' | 'text'>;

/** Texts to vectors. Queries and passages have methods of their own because models read them in different forms. */
export interface Embedder {
  /** Name and version of the model; stored in the index, which refuses vectors of another one. */
  readonly modelId: string;
  readonly dimensions: number;
  /** Longer texts are cut at this many tokens; chunking keeps passages below it. */
  readonly maxTokens: number;
  /** Unit vectors (L2 norm 1) in the order of the input. `[]` for no texts. */
  embedQueries(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
  /** As `embedQueries`. Any number of passages; the driver divides them among its workers. */
  embedPassages(passages: readonly EmbeddablePassage[], signal: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}
