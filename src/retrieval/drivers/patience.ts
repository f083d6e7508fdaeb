import { abortError, ServiceError } from '../../errors.js';

/** Statuses of a server that may do later what it could not do now. */
export const BUSY = new Set([429, 502, 503, 504]);
const FIRST_WAIT_MS = 200;
const MOST_WAIT_MS = 5_000;
/** About half a minute in all: longer than a node takes to start again. */
const ATTEMPTS = 11;

/** The server said that it is busy, or it could not be reached. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ServiceError) || error.code !== 'retrieval-unavailable') return false;
  const { statusCode, status, name, message } = (error.cause ?? {}) as Record<string, unknown>;
  const given = statusCode ?? status;
  if (typeof given === 'number') return BUSY.has(given);
  return name === 'ConnectionError' || message === 'fetch failed' || message === 'terminated';
}

/**
 * Work on a store that is done again, later each time and with jitter, while the store is busy or down. The work must be such
 * that doing it twice is doing it once.
 *
 * @throws the last error, or that of the aborted signal.
 */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !mayPass(error)) throw error;
      await waitBefore(attempt, signal);
    }
  }
}

/** Half to one and a half times 0.2, 0.4, 0.8 … 5 s. */
export function waitBefore(attempt: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * (0.5 + Math.random());
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(abortError(signal));
    };
    if (signal.aborted) return reject(abortError(signal));
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
