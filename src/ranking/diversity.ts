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
