import { LRUCache } from 'lru-cache';
import { ServiceError } from '../errors.js';
import { abortable } from './abortable.js';
import type { Embedder } from './embedder.js';

/** Far more than requests in flight have; 1.5 kB each with 384 dimensions. */
const MAX_REMEMBERED = 256;

/**
 * The same embedder, which runs once for a query that several parts of a request ask it about, at once or one after the
 * other. Vectors are shared: nobody may write to them.
 */
export function withRememberedQueries(embedder: Embedder): Embedder {
  const remembered = new LRUCache<string, Promise<Float32Array>>({ max: MAX_REMEMBERED });

  function embed(text: string): Promise<Float32Array> {
    const known = remembered.get(text);
    if (known) return known;
    // Of no caller's signal: who asks second must not fail because the first one has left.
    const embedding = embedder.embedQueries([text], new AbortController().signal).then(([vector]) => {
      if (vector) return vector;
      throw new ServiceError('inference-failed', { message: 'There is no embedding of the query.' });
    });
    remembered.set(text, embedding);
    embedding.catch(() => remembered.delete(text));
    return embedding;
  }

  return {
    modelId: embedder.modelId,
    dimensions: embedder.dimensions,
    maxTokens: embedder.maxTokens,
    embedQueries: (texts, signal) => abortable(Promise.all(texts.map(embed)), signal),
    embedPassages: (passages, signal) => embedder.embedPassages(passages, signal),
    close: () => embedder.close(),
  };
}
