import { setMaxListeners } from 'node:events';
import { abortError } from '../errors.js';

/**
 * The result of `work`, or the signal's error as soon as it aborts. For work that cannot be stopped itself: what it gives
 * later is dropped.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw abortError(signal);
  }
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Runs `work` with a signal of its own, which aborts with `signal` and is forgotten afterwards. For clients that leave their
 * listeners on the signal they were given: one that lives as long as an ingest would collect thousands.
 */
export async function withOwnSignal<T>(signal: AbortSignal, work: (own: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  setMaxListeners(0, signal); // As many as requests under way.
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
