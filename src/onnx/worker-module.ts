/**
 * A worker module is a file that exports `init`, for example `policy-worker.ts`:
 *
 * ```ts
 * export const init: WorkerInit<{ modelDir: string }> = async ({ modelDir }, { threads }) => {
 *   const session = await openSession(join(modelDir, 'model.onnx'), { threads });
 *   return {
 *     handlers: { embed: async (batch: TokenBatch) => run(session, batch) },
 *     dispose: () => session.release(),
 *   };
 * };
 * ```
 *
 * It runs once in every worker of a pool, so sessions, caches and tokenizers live in its closure.
 */
export type WorkerInit<Options> = (options: Options, context: WorkerContext) => Promise<LoadedWorker> | LoadedWorker;

export interface WorkerContext {
  /** Threads that inference in this worker may use. */
  threads: number;
  /** Number of this worker in its pool, from 0. */
  workerIndex: number;
}

export interface LoadedWorker {
  handlers: Record<string, WorkerHandler>;
  /** Frees native memory when the pool closes. */
  dispose?(): Promise<void> | void;
}

/**
 * Does one task. Input and output cross a thread border: plain data and typed arrays only. A loop over many steps
 * looks at the signal between steps.
 */
// biome-ignore lint/suspicious/noExplicitAny: each handler states its own input; the pool only carries it.
export type WorkerHandler = (input: any, signal: AbortSignal) => Promise<unknown> | unknown;

/** What a worker gets at its start. */
export interface WorkerStart {
  moduleUrl: string;
  options: unknown;
  context: WorkerContext;
}

export type ToWorker =
  | { type: 'task'; taskId: number; handler: string; input: unknown }
  | { type: 'abort'; taskId: number }
  | { type: 'close' };

/** An error as data; `code` is set for a ServiceError. */
export interface ErrorData {
  message: string;
  stack?: string;
  code?: string;
}

export type FromWorker =
  | { type: 'ready' }
  | { type: 'init-error'; error: ErrorData }
  | { type: 'result'; taskId: number; output: unknown }
  | { type: 'task-error'; taskId: number; error: ErrorData };
