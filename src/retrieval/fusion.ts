import type { ScoredPassage } from '../types.js';

/**
 * Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): `fusedScore` = sum over the lists of 1 / (k + rank), rank
 * from 1. Descending; equal scores are ordered by the better rank, then by passage id. A passage keeps the scores of
 * every list that has it; within one list only its first place counts.
 *
 * @param k Dampens the top ranks, at least 1. @default 60
 */
export function fuse(lists: readonly (readonly ScoredPassage[])[], k = 60): ScoredPassage[] {
  const merged = new Map<string, { found: ScoredPassage; score: number; bestRank: number }>();
  for (const list of lists) {
    const seen = new Set<string>();
    for (const [index, found] of list.entries()) {
      const { id } = found.passage;
      if (seen.has(id)) continue;
      seen.add(id);
      const rank = index + 1;
      const before = merged.get(id);
      merged.set(id, {
        found: { ...before?.found, ...found },
        score: (before?.score ?? 0) + 1 / (k + rank),
        bestRank: Math.min(before?.bestRank ?? rank, rank),
      });
    }
  }
  return [...merged.values()]
    .sort((a, b) => b.score - a.score || a.bestRank - b.bestRank || (a.found.passage.id < b.found.passage.id ? -1 : 1))
    .map(({ found, score }) => ({ ...found, fusedScore: score }));
}
