import { QUERY_STEPS, understandQuery } from '../query/understand-query.js';
import type { QueryGroup } from '../reward/query-group.js';

const ALL = new Set(QUERY_STEPS);

/** The group of a question, as the service finds it with all steps on. */
export function queryGroupOf(question: string): QueryGroup {
  const { language = null, intent = 'question' } = understandQuery(question, ALL, 0);
  return { language, kind: intent };
}
