import type { QueryUnderstanding, ScoredPassage } from '../types.js';

/** Hits that are put in another order; what is further down is hardly about the query, however new it is. */
const HEAD = 20;
/** Weight of the order by date beside that of relevance, in reciprocal rank fusion; above 1, since the query asks for it. */
const WEIGHT = 1.5;
const K = 60;

type Wish = Pick<QueryUnderstanding, 'prefersNewer' | 'preferredFrom' | 'preferredTo'>;

/**
 * The order for a query that speaks of time: the best of what was found, fused with the same passages by date, newest first,
 * those of the wanted days before all others. Unchanged for other queries.
 */
export function preferRecent(passages: readonly ScoredPassage[], wish: Wish): ScoredPassage[] {
  if (!wish.prefersNewer) return [...passages];
  const head = passages.slice(0, HEAD);
  const dated = head.filter(({ passage }) => passage.date !== undefined);
  const order = dated
    .map((scored) => ({ scored, isWanted: isWanted(scored, wish), date: Date.parse(scored.passage.date ?? '') || 0 }))
    .sort((a, b) => Number(b.isWanted) - Number(a.isWanted) || b.date - a.date)
    .map(({ scored }) => scored);
  const bonus = new Map(order.map((scored, index) => [scored, WEIGHT / (K + index + 1)]));
  const reordered = head
    .map((scored, index) => ({ scored, score: 1 / (K + index + 1) + (bonus.get(scored) ?? 0), index }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ scored }) => scored);
  return [...reordered, ...passages.slice(HEAD)];
}

/** Days are compared as text: ISO 8601 sorts that way. */
function isWanted({ passage }: ScoredPassage, { preferredFrom, preferredTo }: Wish): boolean {
  const day = (passage.date ?? '').slice(0, 10);
  if (preferredFrom === undefined || preferredTo === undefined) return false;
  return preferredFrom <= day && day <= preferredTo;
}
