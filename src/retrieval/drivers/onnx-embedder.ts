import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { openModel } from '../../onnx/manifest.js';
import { passageText } from '../../onnx/passage-text.js';
import { SessionPool } from '../../onnx/session-pool.js';
import { workerModuleUrl } from '../../onnx/start-worker.js';
import type { EmbeddablePassage, Embedder } from '../embedder.js';
import type { EmbedderWorkerOptions } from './onnx-embedder-worker.js';

export interface OnnxEmbedderOptions {
  /** Folder with `manifest.json`, `model.onnx` and `tokenizer.json`. */
  modelDir: string;
  /** Worker threads, at least 1. */
  workers: number;
  /** Threads of inference in each worker, at least 1. */
  threadsPerWorker: number;
}

/** Few, so that a query never waits long behind passages, and workers end at the same time. */
const TEXTS_A_TASK = 4;

const settings = z.looseObject({ dimensions: z.number().int().positive(), maxTokens: z.number().int().min(8) });

/** A sentence encoder exported to ONNX (inputs `input_ids`, `attention_mask`, output `embedding`), in worker threads. */
export class OnnxEmbedder implements Embedder {
  readonly modelId: string;
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly #pool: SessionPool;

  private constructor(modelId: string, limits: z.infer<typeof settings>, pool: SessionPool) {
    this.modelId = modelId;
    this.dimensions = limits.dimensions;
    this.maxTokens = limits.maxTokens;
    this.#pool = pool;
  }

  /** @throws ServiceError `model-missing` or `model-corrupt`, naming the file. */
  static async start({ modelDir, workers, threadsPerWorker }: OnnxEmbedderOptions) {
    const model = await openModel(modelDir);
    const limits = settings.safeParse({ ...model.manifest, ...model.manifest.settings });
    if (!limits.success) {
      const message = `${modelDir}/manifest.json: ${z.prettifyError(limits.error)}. Run: candor models verify`;
      throw new ServiceError('model-corrupt', { message, cause: limits.error });
    }
    const { maxTokens, dimensions } = limits.data;
    const options: EmbedderWorkerOptions = {
      modelPath: model.path('model.onnx'),
      tokenizerPath: model.path('tokenizer.json'),
      maxTokens,
      dimensions,
    };
    const moduleUrl = workerModuleUrl(import.meta.url, './onnx-embedder-worker');
    const pool = await SessionPool.start({ moduleUrl, options, workers, threadsPerWorker });
    return new OnnxEmbedder(model.modelId, limits.data, pool);
  }

  embedQueries(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.#embed(texts, signal);
  }

  embedPassages(passages: readonly EmbeddablePassage[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.#embed(passages.map(passageText), signal);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    // One listener for each task that waits; there may be any number.
    setMaxListeners(0, signal);
    const parts = await Promise.all(
      inParts(texts, TEXTS_A_TASK).map(async (part) => {
        const values = await this.#pool.run<Float32Array>('embed', part, { signal });
        return part.map((_, row) => values.slice(row * this.dimensions, (row + 1) * this.dimensions));
      }),
    );
    return parts.flat();
  }
}

function inParts<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}
