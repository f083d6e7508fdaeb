import { abortError, ServiceError } from '../errors.js';

/**
 * Runs `work` with a signal that aborts with the parent or when its time is over. It rejects at that moment, even if
 * `work` pays no attention to its signal; what such work still gives later is dropped.
 *
 * @param timeoutMs Zero or less: the time is over already and `work` is not started.
 * @throws ServiceError `deadline-exceeded`, the parent's abort error, or what `work` throws.
 */
export async function runUntil<T>(
  parent: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (parent.aborted) throw abortError(parent);
  if (timeoutMs <= 0) throw new ServiceError('deadline-exceeded');
  // Not AbortSignal.any with AbortSignal.timeout: Node 20 may collect the pair before its timer fires.
  const controller = new AbortController();
  const { signal } = controller;
  const onParentAbort = () => controller.abort(parent.reason);
  parent.addEventListener('abort', onParentAbort, { once: true });
  const timer = setTimeout(() => controller.abort(new ServiceError('deadline-exceeded')), timeoutMs);
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortError(signal)), { once: true });
  });
  try {
    return await Promise.race([work(signal), aborted]);
  } finally {
    clearTimeout(timer);
    parent.removeEventListener('abort', onParentAbort);
  }
}

export const isDeadline = (error: unknown): boolean =>
  error instanceof ServiceError && error.code === 'deadline-exceeded';
