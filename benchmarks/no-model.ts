import type { Embedder } from '../src/retrieval/embedder.js';

/** For words alone: the stores want a vector, and nobody asks for it. */
export const noModel: Embedder = {
  modelId: 'none',
  dimensions: 2,
  maxTokens: 512,
  embedQueries: async (texts) => texts.map(() => Float32Array.of(1, 0)),
  embedPassages: async (passages) => passages.map(() => Float32Array.of(1, 0)),
  close: async () => undefined,
};
