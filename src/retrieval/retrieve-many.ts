import type { ScoredPassage } from '../types.js';
import type { RetrievalRequest, Retriever } from './retriever.js';

/** Passages of one reply, at most: they are all in memory at once. */
const PASSAGES_AT_ONCE = 5_000;

/**
 * What a back end finds for each of many requests, in their order: several at once where it takes them, else one after the other.
 *
 * @throws the error of the first request that fails, or of the aborted signal.
 */
export async function retrieveMany(
  retriever: Retriever,
  requests: readonly RetrievalRequest[],
  signal: AbortSignal,
): Promise<ScoredPassage[][]> {
  const found: ScoredPassage[][] = [];
  if (!retriever.retrieveMany) {
    for (const request of requests) found.push(await retriever.retrieve(request, signal));
    return found;
  }
  const most = Math.max(1, ...requests.map(({ limit }) => limit));
  const atOnce = Math.max(1, Math.floor(PASSAGES_AT_ONCE / most));
  for (let start = 0; start < requests.length; start += atOnce) {
    found.push(...(await retriever.retrieveMany(requests.slice(start, start + atOnce), signal)));
  }
  return found;
}
