import { diversify, limitPerDocument } from '../ranking/diversity.js';
import type { ScoredPassage, SearchRequest } from '../types.js';

/**
 * The hits of the page that is asked for. The answer reads from all of them in their order of relevance, whatever the page
 * leaves out or puts elsewhere.
 *
 * @param diversity Where the request does not say it; 0 = none.
 */
export function pageOf(request: SearchRequest, passages: readonly ScoredPassage[], diversity = 0): ScoredPassage[] {
  const { offset, limit } = request;
  return diversify(listed(request, passages), request.diversity ?? diversity).slice(offset, offset + limit);
}

/** What the pages are made of: no more hits of a document than the request wants. */
export function listed({ passagesPerDocument }: SearchRequest, passages: readonly ScoredPassage[]): ScoredPassage[] {
  return passagesPerDocument === undefined ? [...passages] : limitPerDocument(passages, passagesPerDocument);
}
