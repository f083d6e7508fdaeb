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
  /** Texts a worker does at once, at least 1. @default 16 */
  batchSize?: number;
}

const settings = z.looseObject({ dimensions: z.number().int().positive(), maxTokens: z.number().int().min(8) });

/** A sentence encoder exported to ONNX (inputs `input_ids`, `attention_mask`, output `embedding`), in worker threads. */
export class OnnxEmbedder implements Embedder {
  readonly modelId: string;
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly #pool: SessionPool;
  readonly #batchSize: number;

  private constructor(modelId: string, limits: z.infer<typeof settings>, pool: SessionPool, batchSize: number) {
    this.modelId = modelId;
    this.dimensions = limits.dimensions;
    this.maxTokens = limits.maxTokens;
    this.#pool = pool;
    this.#batchSize = batchSize;
  }

  /** @throws ServiceError `model-missing` or `model-corrupt`, naming the file. */
  static async start({ modelDir, workers, threadsPerWorker, batchSize = 16 }: OnnxEmbedderOptions) {
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
    return new OnnxEmbedder(model.modelId, limits.data, pool, batchSize);
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
    // Neighbours of one length need little padding, and the longest come first so that no worker ends late.
    const order = texts.map((_, index) => index).sort((a, b) => lengthOf(texts, b) - lengthOf(texts, a));
    const vectors = new Array<Float32Array>(texts.length);
    await Promise.all(
      inBatches(order, this.#batchSize).map(async (batch) => {
        const input = batch.map((index) => texts[index]);
        const values = await this.#pool.run<Float32Array>('embed', input, { signal });
        for (const [row, index] of batch.entries()) {
          vectors[index] = values.slice(row * this.dimensions, (row + 1) * this.dimensions);
        }
      }),
    );
    return vectors;
  }
}

const lengthOf = (texts: readonly string[], index: number) => texts[index]?.length ?? 0;

function inBatches<T>(items: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}
