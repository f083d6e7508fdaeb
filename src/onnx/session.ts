import { InferenceSession } from 'onnxruntime-node';
import { ServiceError } from '../errors.js';

export interface SessionOptions {
  /** Threads of one operator. */
  threads: number;
  /** Tried in order; one that this build or machine lacks is passed over. @default ['cpu'] */
  executionProviders?: readonly string[];
}

/**
 * Loads a model for use inside a worker: `run` blocks its thread.
 *
 * @throws ServiceError `model-corrupt`, naming the file.
 */
export async function openSession(path: string, options: SessionOptions): Promise<InferenceSession> {
  const [provider = 'cpu', ...others] = options.executionProviders ?? [];
  try {
    return await InferenceSession.create(path, {
      executionProviders: [provider],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // Warnings of the graph optimizer say nothing to an operator.
      logSeverityLevel: 3,
    });
  } catch (cause) {
    // A list with a provider that is not there throws instead of going on with the next.
    const fallback = others.length > 0 || provider === 'cpu' ? others : ['cpu'];
    if (fallback.length > 0) return openSession(path, { ...options, executionProviders: fallback });
    const message = `${path}: expected an ONNX model that this runtime can load. Run: candor models verify`;
    throw new ServiceError('model-corrupt', { message, cause });
  }
}
