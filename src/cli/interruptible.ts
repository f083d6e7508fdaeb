/**
 * Work that Ctrl-C, or SIGTERM, withdraws through the signal it is given; a second Ctrl-C ends the process at once.
 *
 * @param hint Said when it was stopped, such as how to go on.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, hint?: string): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted && hint) console.error(`Stopped. ${hint}`);
    throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
