import { limitPerDocument } from '../ranking/diversity.js';
import type { ScoredPassage, SearchRequest } from '../types.js';

/** The hits of the page that is asked for. The answer reads from all of them, whatever the page leaves out. */
export function pageOf(request: SearchRequest, passages: readonly ScoredPassage[]): ScoredPassage[] {
  const { offset, limit, passagesPerDocument } = request;
  const listed = passagesPerDocument === undefined ? passages : limitPerDocument(passages, passagesPerDocument);
  return listed.slice(offset, offset + limit);
}
