import type { Worker } from 'node:worker_threads';
import { ERRORS, type ErrorCode, ServiceError } from '../errors.js';
import { startWorker } from './start-worker.js';
import type { ErrorData, FromWorker, ToWorker } from './worker-module.js';

export interface RunningTask {
  taskId: number;
  handler: string;
  input: unknown;
  resolve(output: unknown): void;
  reject(error: ServiceError): void;
}

export interface PoolWorkerOptions {
  moduleUrl: string;
  options: unknown;
  threadsPerWorker: number;
}

/** Starts in a row that fail; after that the worker stays down. */
const MAX_FAILED_STARTS = 3;
const RESTART_DELAY_MS = 200;

function toServiceError({ message, stack, code }: ErrorData): ServiceError {
  const cause = Object.assign(new Error(message), { stack });
  if (code && code in ERRORS) return new ServiceError(code as ErrorCode, { message, cause });
  return new ServiceError('inference-failed', { cause });
}

/** One thread of a pool and the one task it is doing. Starts the thread again when it dies. */
export class PoolWorker {
  readonly index: number;
  /** The task in progress. Its caller may be gone already; the thread is free only when the task has ended. */
  task: RunningTask | null = null;
  hasFailed = false;

  readonly #options: PoolWorkerOptions;
  readonly #onChange: () => void;
  #thread!: Worker;
  #isReady = false;
  #isClosing = false;
  #failedStarts = 0;
  #ready: PromiseWithResolvers<void>;
  #exited!: Promise<void>;
  #restartTimer: NodeJS.Timeout | undefined;

  /** @param onChange Called when the worker became free or has failed for good. */
  constructor(options: PoolWorkerOptions, index: number, onChange: () => void) {
    this.index = index;
    this.#options = options;
    this.#onChange = onChange;
    this.#ready = withResolvers();
    this.#startThread();
  }

  /** Resolves when the first start succeeded, rejects with its error. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  get isFree(): boolean {
    return this.#isReady && !this.#isClosing && this.task === null;
  }

  start(task: RunningTask): void {
    this.task = task;
    try {
      this.#send({ type: 'task', taskId: task.taskId, handler: task.handler, input: task.input });
    } catch (cause) {
      this.#endTask((running) => running.reject(new ServiceError('inference-failed', { cause })));
    }
  }

  /** Asks the running task to stop; it may take until its next step. */
  abort(): void {
    if (this.task) this.#send({ type: 'abort', taskId: this.task.taskId });
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restartTimer);
    const deadline = Date.now() + timeoutMs;
    while (this.task && Date.now() < deadline) await sleep(5);
    this.task?.reject(new ServiceError('inference-closed'));
    this.task = null;
    if (this.#isReady) this.#send({ type: 'close' });
    // A thread that is loading a model or stuck in one long step does not read messages.
    const timer = setTimeout(() => void this.#thread.terminate(), this.#isReady ? 1_000 : 0);
    await this.#exited;
    clearTimeout(timer);
  }

  #send(message: ToWorker): void {
    this.#thread.postMessage(message);
  }

  #startThread(): void {
    const { moduleUrl, options, threadsPerWorker } = this.#options;
    const thread = startWorker({
      moduleUrl,
      options,
      context: { threads: threadsPerWorker, workerIndex: this.index },
    });
    let cause: unknown;
    thread.on('message', (message: FromWorker) => {
      if (message.type === 'init-error') cause = toServiceError(message.error);
      else this.#onMessage(message);
    });
    thread.on('error', (error) => {
      cause = error;
    });
    this.#exited = new Promise((resolve) => {
      thread.on('exit', () => {
        this.#onExit(cause);
        resolve();
      });
    });
    this.#thread = thread;
  }

  #onMessage(message: Exclude<FromWorker, { type: 'init-error' }>): void {
    if (message.type === 'ready') {
      this.#isReady = true;
      this.#failedStarts = 0;
      this.#ready.resolve();
      this.#onChange();
    } else if (message.type === 'result') {
      this.#endTask((task) => task.resolve(message.output));
    } else {
      this.#endTask((task) => task.reject(toServiceError(message.error)));
    }
  }

  #endTask(settle: (task: RunningTask) => void): void {
    const { task } = this;
    this.task = null;
    if (task) settle(task);
    this.#onChange();
  }

  #onExit(cause: unknown): void {
    const wasReady = this.#isReady;
    this.#isReady = false;
    const error = cause instanceof ServiceError ? cause : new ServiceError('inference-failed', { cause });
    this.#ready.reject(error);
    if (this.#isClosing) return;
    this.#failedStarts += 1;
    this.hasFailed = !wasReady && this.#failedStarts >= MAX_FAILED_STARTS;
    if (!this.hasFailed) this.#restartTimer = setTimeout(() => this.#startThread(), RESTART_DELAY_MS);
    this.#endTask((task) => task.reject(error));
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** `Promise.withResolvers`, which Node 20 lacks. A rejection nobody waits for is not an unhandled one. */
function withResolvers(): PromiseWithResolvers<void> {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
