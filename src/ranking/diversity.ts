import type { ScoredPassage } from '../types.js';

/**
 * Keeps the first `max` passages of each document and drops the others; the order stays.
 *
 * @param max At least 1.
 */
export function limitPerDocument(passages: readonly ScoredPassage[], max: number): ScoredPassage[] {
  const kept = new Map<string, number>();
  return passages.filter(({ passage }) => {
    const count = (kept.get(passage.documentId) ?? 0) + 1;
    kept.set(passage.documentId, count);
    return count <= max;
  });
}

/** Hits whose order is changed; what is further down stays where it is. */
const RERANKED = 100;

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): each place goes to the hit with the greatest
 * `(1 - diversity) * relevance - diversity * similarity`, where relevance falls with the rank as in DCG, since scores of two
 * stages are not comparable, and similarity is the cosine of the words (tf-idf over these hits) to the nearest hit above.
 *
 * @param diversity 0 leaves the order alone, 1 looks at similarity only.
 */
export function diversify(passages: readonly ScoredPassage[], diversity: number): ScoredPassage[] {
  if (diversity <= 0 || passages.length < 3) return [...passages];
  const head = passages.slice(0, RERANKED);
  const vectors = wordVectors(head.map(({ passage }) => `${passage.title}\n${passage.text}`));
  const nearest = new Float64Array(head.length);
  const left = new Set(head.keys());
  const order: ScoredPassage[] = [];
  while (left.size > 0) {
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const index of left) {
      const score = (1 - diversity) / Math.log2(index + 2) - diversity * (nearest[index] as number);
      if (score > bestScore) [best, bestScore] = [index, score];
    }
    left.delete(best);
    order.push(head[best] as ScoredPassage);
    for (const index of left) {
      nearest[index] = Math.max(
        nearest[index] as number,
        cosine(vectors[index] as WordVector, vectors[best] as WordVector),
      );
    }
  }
  return [...order, ...passages.slice(RERANKED)];
}

/** Word to weight, of length 1. */
type WordVector = ReadonlyMap<string, number>;

function wordVectors(texts: readonly string[]): WordVector[] {
  const counts = texts.map((text) => {
    const own = new Map<string, number>();
    for (const word of text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) own.set(word, (own.get(word) ?? 0) + 1);
    return own;
  });
  const documents = new Map<string, number>();
  for (const own of counts) for (const word of own.keys()) documents.set(word, (documents.get(word) ?? 0) + 1);
  return counts.map((own) => {
    const weights = [...own].map(
      ([word, count]) =>
        [word, (1 + Math.log(count)) * Math.log(1 + texts.length / (documents.get(word) ?? 1))] as const,
    );
    const length = Math.hypot(...weights.map(([, weight]) => weight)) || 1;
    return new Map(weights.map(([word, weight]) => [word, weight / length]));
  });
}

function cosine(a: WordVector, b: WordVector): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [word, weight] of small) sum += weight * (large.get(word) ?? 0);
  return sum;
}
