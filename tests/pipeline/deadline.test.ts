import { describe, expect, it } from 'vitest';
import { runUntil } from '../../src/pipeline/deadline.js';
import { never, sleep } from './fakes.js';

const open = new AbortController().signal;

describe('runUntil', () => {
  it('gives what the work gives', async () => {
    expect(await runUntil(open, 1_000, async () => 42)).toBe(42);
    await expect(runUntil(open, 1_000, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('ends when the time is over, with a signal that says so', async () => {
    let reason: unknown;
    const work = async (signal: AbortSignal) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      await sleep(5_000, signal);
    };
    await expect(runUntil(open, 20, work)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(reason).toMatchObject({ code: 'deadline-exceeded' });
  });

  it('does not wait for work that is deaf', async () => {
    await expect(runUntil(open, 20, never)).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });

  it('starts nothing when there is no time', async () => {
    let started = false;
    const work = async () => {
      started = true;
    };
    await expect(runUntil(open, 0, work)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await expect(runUntil(AbortSignal.abort(), 100, work)).rejects.toMatchObject({ code: 'cancelled' });
    expect(started).toBe(false);
  });

  it('ends with its parent', async () => {
    const parent = new AbortController();
    setTimeout(() => parent.abort(), 10);
    await expect(runUntil(parent.signal, 5_000, never)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
