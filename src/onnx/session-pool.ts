import { createHash } from 'node:crypto';
import { abortError, ServiceError } from '../errors.js';
import { PoolWorker, type RunningTask } from './pool-worker.js';
import { TaskQueue } from './task-queue.js';

export interface SessionPoolOptions {
  /** Address of the worker module; see `workerModuleUrl`. */
  moduleUrl: string;
  /** Handed to the module's `init` in every worker; plain data. */
  options: unknown;
  /** Worker threads, at least 1; each loads the model once. */
  workers: number;
  /** Threads of inference in each worker, at least 1. */
  threadsPerWorker: number;
  /** Tasks that may wait; one more is refused with `overloaded`. @default 1024 */
  maxQueued?: number;
  /** How long `close` waits for tasks that are running, in milliseconds. @default 5000 */
  closeTimeoutMs?: number;
}

export interface TaskOptions {
  signal: AbortSignal;
  /** Tasks with equal keys go to the same worker while it is free, so that what it cached is found again. */
  affinityKey?: string;
}

interface Task extends RunningTask {
  preferredWorker: number | null;
}

/**
 * Runs a worker module in several threads. Inference blocks the thread it runs in, so it never runs in the main one.
 *
 * A queued task leaves the queue when its signal aborts; a running one is told to stop and its caller is answered at
 * once. A worker that dies rejects its task with `inference-failed` and is started again.
 */
export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #workers: PoolWorker[] = [];
  readonly #queue = new TaskQueue<Task>();
  #nextTaskId = 1;
  #closing: Promise<void> | null = null;

  private constructor(options: SessionPoolOptions) {
    this.#options = options;
  }

  /**
   * Resolves when every worker has loaded its model.
   *
   * @throws the error of the module's `init`; nothing stays running.
   */
  static async start(options: SessionPoolOptions): Promise<SessionPool> {
    const pool = new SessionPool(options);
    for (let index = 0; index < options.workers; index++) {
      pool.#workers.push(new PoolWorker(options, index, () => pool.#dispatch()));
    }
    try {
      await Promise.all(pool.#workers.map((worker) => worker.ready()));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Tasks that wait for a worker. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Does one task in the next free worker. */
  async run<Output>(handler: string, input: unknown, { signal, affinityKey }: TaskOptions): Promise<Output> {
    if (signal.aborted) throw abortError(signal);
    if (this.#closing) throw new ServiceError('inference-closed');
    const { maxQueued = 1024 } = this.#options;
    if (this.#queue.size >= maxQueued) throw new ServiceError('overloaded');
    return new Promise<unknown>((resolve, reject) => {
      const onAbort = () => {
        if (!this.#queue.remove(task)) this.#workers.find((worker) => worker.task === task)?.abort();
        task.reject(abortError(signal));
      };
      const settle = (finish: () => void) => {
        signal.removeEventListener('abort', onAbort);
        finish();
      };
      const task: Task = {
        taskId: this.#nextTaskId++,
        handler,
        input,
        preferredWorker: affinityKey === undefined ? null : this.#workerFor(affinityKey),
        resolve: (output) => settle(() => resolve(output)),
        reject: (error) => settle(() => reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(task);
      this.#dispatch();
    }) as Promise<Output>;
  }

  /** Refuses new tasks, drops queued ones, waits for running ones, frees the models. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    for (const task of this.#queue.takeAll()) task.reject(new ServiceError('inference-closed'));
    await Promise.all(this.#workers.map((worker) => worker.close(this.#options.closeTimeoutMs ?? 5_000)));
  }

  #dispatch(): void {
    if (this.#closing) return;
    const free = () => this.#workers.filter((worker) => worker.isFree);
    // First each free worker takes what prefers it; then none stays idle while anything waits.
    for (const worker of free()) start(worker, this.#queue.takeFor(worker.index));
    for (const worker of free()) start(worker, this.#queue.take());
    if (this.#workers.every((worker) => worker.hasFailed)) {
      for (const task of this.#queue.takeAll()) task.reject(new ServiceError('inference-failed'));
    }
  }

  #workerFor(key: string): number {
    return createHash('sha1').update(key).digest().readUInt32BE(0) % this.#options.workers;
  }
}

function start(worker: PoolWorker, task: Task | undefined): void {
  if (task) worker.start(task);
}
