import { ServiceError } from '../errors.js';
import type { ScoredPassage } from '../types.js';
import type { RetrievalRequest, Retriever } from './retriever.js';

/**
 * Sends a request a second time when the first has not been answered after `afterMs`, and takes the answer that comes first
 * (Dean and Barroso, "The tail at scale", 2013). The other one is cancelled. It helps where one of several replicas is slow
 * now and then, and costs that many more requests: set it near the back end's own 95th percentile.
 *
 * @param afterMs Milliseconds, above 0.
 */
export function withHedging(retriever: Retriever, afterMs: number): Retriever {
  return {
    ...retriever,
    async retrieve(request, signal) {
      const race = new AbortController();
      const onAbort = () => race.abort(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await firstOf(retriever, request, afterMs, race.signal);
      } finally {
        race.abort(new ServiceError('cancelled'));
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}

/** A first try that fails before the second one has begun is the result: the circuit breaker should see it. */
function firstOf(
  retriever: Retriever,
  request: RetrievalRequest,
  afterMs: number,
  signal: AbortSignal,
): Promise<ScoredPassage[]> {
  return new Promise((resolve, reject) => {
    let left = 1;
    const onFailure = (error: unknown) => {
      left -= 1;
      if (left > 0) return;
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => {
      if (signal.aborted) return;
      left += 1;
      retriever.retrieve(request, signal).then(resolve, onFailure);
    }, afterMs);
    retriever.retrieve(request, signal).then((found) => {
      clearTimeout(timer);
      resolve(found);
    }, onFailure);
  });
}
