import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withOwnSignal } from '../../src/retrieval/abortable.js';

describe('withOwnSignal', () => {
  const leavesListener = async (own: AbortSignal) => own.addEventListener('abort', () => undefined);

  it('leaves nothing on a signal that outlives the request, also when it fails', async () => {
    const { signal } = new AbortController();
    for (let request = 0; request < 3; request++) await withOwnSignal(signal, leavesListener);
    await expect(withOwnSignal(signal, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    ['before it begins', true],
    ['while it runs', false],
  ])('aborts with the other and its reason: %s', async (_, early) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    if (early) controller.abort(reason);
    const asked = withOwnSignal(controller.signal, async (own) => {
      if (!early) controller.abort(reason);
      return [own.aborted, own.reason];
    });
    expect(await asked).toEqual([true, reason]);
  });
});
