import { satisfies } from '../query/operators.js';
import { type DistinctPassages, withoutNearDuplicates } from '../ranking/near-duplicates.js';
import { preferRecent } from '../ranking/recency.js';
import type { Query, QueryUnderstanding, ScoredPassage } from '../types.js';

/** What the stores are asked for: the words without operators, and the days of `after:` and `before:` besides the caller's. */
export function understoodQuery(query: Query, { text, language, dateFrom, dateTo }: QueryUnderstanding): Query {
  const { filter = {} } = query;
  const bounds = {
    // ISO 8601 sorts as text; both conditions hold when the narrower one does.
    ...(dateFrom !== undefined && { dateFrom: later(filter.dateFrom, dateFrom) }),
    ...(dateTo !== undefined && { dateTo: earlier(filter.dateTo, dateTo) }),
  };
  const isDated = Object.keys(bounds).length > 0;
  return {
    ...query,
    text,
    ...(query.language === undefined && language !== undefined && { language }),
    ...(isDated && { filter: { ...filter, ...bounds } }),
  };
}

/** Passages that have what the query insists on, newer ones preferred where it speaks of time, without near-copies. */
export function arrangeHits(
  passages: readonly ScoredPassage[],
  understanding: QueryUnderstanding,
  nearDuplicates: 'hide' | 'show',
): DistinctPassages {
  const wanted = passages.filter(({ passage }) => satisfies(passage, understanding));
  const ordered = preferRecent(wanted, understanding);
  return nearDuplicates === 'hide' ? withoutNearDuplicates(ordered) : { kept: ordered, left: new Map() };
}

const later = (a: string | undefined, b: string) => (a !== undefined && a > b ? a : b);
const earlier = (a: string | undefined, b: string) => (a !== undefined && a < b ? a : b);
