import type { QueryUnderstanding } from '../types.js';
import { readDateWords } from './dates.js';
import { intentOf } from './intent.js';
import { identifyLanguage } from './language.js';
import { readOperators } from './operators.js';

/** The steps that can be switched on and off; `spelling` needs the index and is done beside retrieval. */
export const QUERY_STEPS = ['operators', 'language', 'intent', 'spelling', 'dates'] as const;

export type QueryStep = (typeof QUERY_STEPS)[number];

/**
 * What can be known of a query before anything is looked up. A step that is off changes nothing and says nothing.
 *
 * @param now Milliseconds since 1970, for words such as `yesterday`.
 */
export function understandQuery(query: string, steps: ReadonlySet<QueryStep>, now: number): QueryUnderstanding {
  const { text, phrases, excluded, dateFrom, dateTo } = steps.has('operators')
    ? readOperators(query)
    : { text: query, phrases: [], excluded: [] };
  const language = steps.has('language') ? identifyLanguage(text) : null;
  const words = steps.has('dates') ? readDateWords(text, now) : null;
  return {
    text,
    phrases,
    excluded,
    ...(dateFrom !== undefined && { dateFrom }),
    ...(dateTo !== undefined && { dateTo }),
    ...(language && { language }),
    ...(steps.has('intent') && { intent: intentOf(text) }),
    prefersNewer: words?.prefersNewer ?? false,
    ...(words?.dateFrom !== undefined && { preferredFrom: words.dateFrom }),
    ...(words?.dateTo !== undefined && { preferredTo: words.dateTo }),
  };
}
