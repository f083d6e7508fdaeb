import { SessionPool } from '../../onnx/session-pool.js';
import { workerModuleUrl } from '../../onnx/start-worker.js';
import type { PolicyWorkerOptions } from './policy-worker.js';

export interface PolicyPoolOptions {
  /** Folder of the policy: `lower.onnx`, `upper.onnx`, `embedding.bin`, `tokenizer.json`, `manifest.json`. */
  policyDir: string;
  /** Folder of the reward model that belongs to the policy; `null` for none. */
  rewardDir: string | null;
  promptsDir: string;
  workers: number;
  threadsPerWorker: number;
  /** Memory for passages that were read, in megabytes, shared by the workers; 0 keeps none. @default 256 */
  cacheMegabytes?: number;
  /** Then the pointer must follow. @default 40 */
  maxAnswerTokens?: number;
  /** Answers must stand in the passage word for word. @default true */
  verbatim?: boolean;
  /** No answer is insisted on where the policy is surer than this that it should decline, 0..1. @default 0.8 */
  insistBelow?: number;
}

/**
 * Starts the workers that hold policy and reward model. Generator and reward model driver share one pool.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export function startPolicyPool(options: PolicyPoolOptions): Promise<SessionPool> {
  const { policyDir, rewardDir, promptsDir, workers, threadsPerWorker, cacheMegabytes = 256 } = options;
  const workerOptions: PolicyWorkerOptions = {
    policyDir,
    rewardDir,
    promptsDir,
    cacheBytes: Math.floor((cacheMegabytes * 1024 * 1024) / workers),
    maxAnswerTokens: options.maxAnswerTokens ?? 40,
    verbatim: options.verbatim ?? true,
    insistBelow: options.insistBelow ?? 0.8,
  };
  const moduleUrl = workerModuleUrl(import.meta.url, './policy-worker');
  return SessionPool.start({ moduleUrl, options: workerOptions, workers, threadsPerWorker });
}
