import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionPool } from '../../src/onnx/session-pool.js';
import { workerModuleUrl } from '../../src/onnx/start-worker.js';

const modelDir = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));
const signal = new AbortController().signal;
const startPool = (workers: number, extra: { maxQueued?: number; modelDir?: string } = {}) =>
  SessionPool.start({
    moduleUrl: workerModuleUrl(import.meta.url, '../fixtures/tiny-worker'),
    options: { modelDir: extra.modelDir ?? modelDir },
    workers,
    threadsPerWorker: 1,
    ...(extra.maxQueued === undefined ? {} : { maxQueued: extra.maxQueued }),
  });

describe('a pool with two workers', () => {
  let pool: SessionPool;
  beforeAll(async () => {
    pool = await startPool(2);
  });
  afterAll(() => pool.close());

  it('runs a model', async () => {
    const y = await pool.run<Float32Array>('multiply', new Float32Array([1, 2, 3, 0, 0, 1]), { signal });
    expect([...y]).toEqual([301, 320, 100, 100]);
  });

  it('works in all workers at once', async () => {
    const tasks = [0, 1].map(() => pool.run<number>('sleep', 30, { signal }));
    expect(new Set(await Promise.all(tasks))).toEqual(new Set([0, 1]));
  });

  it('leaves the event loop free while a model runs', async () => {
    const blocked = pool.run('block', 300, { signal });
    const before = performance.now();
    await sleep(10);
    expect(performance.now() - before).toBeLessThan(150);
    await blocked;
  });

  it('sends equal keys to the same free worker', async () => {
    const indexes: number[] = [];
    for (let i = 0; i < 4; i++) {
      indexes.push(await pool.run<number>('workerIndex', null, { signal, affinityKey: 'p1' }));
    }
    expect(new Set(indexes).size).toBe(1);
  });

  it('hides what went wrong inside, but keeps it as the cause', async () => {
    const error = await pool.run('fail', null, { signal }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'inference-failed',
      message: 'A model could not be run.',
      cause: { message: 'secret detail' },
    });
  });
});

describe('a pool with one worker', () => {
  it('removes queued work whose signal aborts', async () => {
    const pool = await startPool(1);
    const first = pool.run('sleep', 100, { signal });
    const controller = new AbortController();
    const queued = pool.run('multiply', new Float32Array(3), { signal: controller.signal });
    expect(pool.queued).toBe(1);
    controller.abort();
    expect(pool.queued).toBe(0);
    await expect(queued).rejects.toMatchObject({ code: 'cancelled' });
    await first;
    await pool.close();
  });

  it('stops a running loop whose time is over, and is free again', async () => {
    const pool = await startPool(1);
    const timeout = AbortSignal.timeout(60);
    await expect(pool.run('countUntilAborted', null, { signal: timeout })).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    expect(await pool.run<number>('count', null, { signal })).toBeGreaterThan(0);
    await pool.close();
  });

  it('rejects the task of a worker that dies, and starts it again', async () => {
    const pool = await startPool(1);
    const crash = pool.run('crash', null, { signal });
    const waiting = pool.run<Float32Array>('multiply', new Float32Array([1, 0, 0]), { signal });
    await expect(crash).rejects.toMatchObject({ code: 'inference-failed' });
    expect([...(await waiting)]).toEqual([1, 0]);
    await pool.close();
  });

  it('refuses work beyond its queue, and everything once closed', async () => {
    const pool = await startPool(1, { maxQueued: 1 });
    const running = pool.run('sleep', 50, { signal });
    const queued = pool.run('sleep', 1, { signal });
    await expect(pool.run('sleep', 1, { signal })).rejects.toMatchObject({ code: 'overloaded' });
    const closed = pool.close();
    await expect(queued).rejects.toMatchObject({ code: 'inference-closed' });
    await expect(pool.run('sleep', 1, { signal })).rejects.toMatchObject({ code: 'inference-closed' });
    await closed;
    await expect(running).resolves.toBe(0);
  });

  it('does not start without its model, and says which file is missing', async () => {
    await expect(startPool(1, { modelDir: '/nowhere/tiny' })).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('/nowhere/tiny/manifest.json'),
    });
  });
});
