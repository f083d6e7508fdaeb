import { ServiceError } from '../errors.js';
import type { Retriever } from './retriever.js';

export interface CircuitBreakerOptions {
  /** Failures in a row after which the back end is left alone, at least 1. @default 5 */
  failures?: number;
  /** How long it is left alone before one request tries it again, in milliseconds. @default 5000 */
  openMs?: number;
  /** Milliseconds of a clock that only goes forward. @default performance.now */
  now?(): number;
}

/** What says something about the index and not about the server's health. */
const NOT_A_FAILURE = new Set(['cancelled', 'index-missing', 'index-corrupt', 'index-mismatch']);

/**
 * Spares requests the wait for a back end that is down. After `failures` in a row they fail at once with
 * `retrieval-unavailable`; after `openMs` one request is let through as a probe, and its outcome closes the circuit or
 * opens it again. `check` always asks the back end and changes nothing.
 */
export function withCircuitBreaker(retriever: Retriever, options: CircuitBreakerOptions = {}): Retriever {
  const { failures = 5, openMs = 5_000, now = () => performance.now() } = options;
  let inARow = 0;
  let openUntil = 0;
  let isProbing = false;
  const { name, kind } = retriever;
  async function guarded<T>(ask: () => Promise<T>): Promise<T> {
    const isOpen = inARow >= failures;
    if (isOpen && (isProbing || now() < openUntil)) {
      const message = `${name} failed ${inARow} times in a row and is tried again later.`;
      throw new ServiceError('retrieval-unavailable', { message });
    }
    if (isOpen) isProbing = true;
    try {
      const found = await ask();
      inARow = 0;
      return found;
    } catch (error) {
      if (error instanceof ServiceError && NOT_A_FAILURE.has(error.code)) throw error;
      inARow += 1;
      openUntil = now() + openMs;
      throw error;
    } finally {
      if (isOpen) isProbing = false;
    }
  }
  const many = retriever.retrieveMany?.bind(retriever);
  return {
    name,
    kind,
    check: (signal) => retriever.check(signal),
    close: () => retriever.close(),
    retrieve: (request, signal) => guarded(() => retriever.retrieve(request, signal)),
    ...(many && { retrieveMany: (requests, signal) => guarded(() => many(requests, signal)) }),
  };
}
