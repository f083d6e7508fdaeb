import { parentPort, workerData } from 'node:worker_threads';
import { ServiceError } from '../errors.js';
import type { ErrorData, FromWorker, LoadedWorker, ToWorker, WorkerInit, WorkerStart } from './worker-module.js';

// The first code of every worker: loads the named module, then does one task after another.

const port = parentPort;
if (!port) throw new Error('worker-entry runs inside a worker thread only');

const { moduleUrl, options, context } = workerData as WorkerStart;
const running = new Map<number, AbortController>();
const send = (message: FromWorker) => port.postMessage(message);

function errorData(error: unknown): ErrorData {
  if (error instanceof ServiceError) return { message: error.message, stack: error.stack, code: error.code };
  if (error instanceof Error) return { message: error.message, stack: error.stack };
  return { message: String(error) };
}

async function perform(loaded: LoadedWorker, task: Extract<ToWorker, { type: 'task' }>) {
  const controller = new AbortController();
  running.set(task.taskId, controller);
  try {
    const handler = loaded.handlers[task.handler];
    if (!handler) throw new Error(`${moduleUrl} has no handler '${task.handler}'`);
    send({ type: 'result', taskId: task.taskId, output: await handler(task.input, controller.signal) });
  } catch (error) {
    send({ type: 'task-error', taskId: task.taskId, error: errorData(error) });
  } finally {
    running.delete(task.taskId);
  }
}

async function close(loaded: LoadedWorker) {
  for (const controller of running.values()) controller.abort();
  await loaded.dispose?.();
  port?.close();
}

try {
  const { init } = (await import(moduleUrl)) as { init: WorkerInit<unknown> };
  const loaded = await init(options, context);
  port.on('message', (message: ToWorker) => {
    if (message.type === 'task') void perform(loaded, message);
    else if (message.type === 'abort') running.get(message.taskId)?.abort();
    else void close(loaded);
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'init-error', error: errorData(error) });
  port.close();
}
