import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { openModel } from '../../onnx/manifest.js';
import { passageText } from '../../onnx/passage-text.js';
import { SessionPool } from '../../onnx/session-pool.js';
import { workerModuleUrl } from '../../onnx/start-worker.js';
import type { RankedPassage, Reranker, RerankRequest } from '../reranker.js';
import type { CrossEncoderWorkerOptions, ScoreTask } from './onnx-cross-encoder-worker.js';

export interface OnnxCrossEncoderOptions {
  /** Folder with `manifest.json`, `model.onnx` and `tokenizer.json`. */
  modelDir: string;
  /** Worker threads, at least 1; the passages of one request are spread over them. */
  workers: number;
  /** Threads of inference in each worker, at least 1. */
  threadsPerWorker: number;
}

const settings = z.looseObject({
  maxTokens: z.number().int().min(8),
  maxQuestionTokens: z.number().int().positive().default(48),
  /** P(the passage answers) = sigmoid(logit / temperature + bias). */
  calibration: z.looseObject({ temperature: z.number().positive(), bias: z.number() }),
});

/** A cross-encoder exported to ONNX (output `relevance_logit`), in worker threads. */
export class OnnxCrossEncoder implements Reranker {
  readonly modelId: string;
  readonly #pool: SessionPool;
  readonly #workers: number;
  readonly #calibration: z.infer<typeof settings>['calibration'];

  private constructor(modelId: string, pool: SessionPool, workers: number, limits: z.infer<typeof settings>) {
    this.modelId = modelId;
    this.#pool = pool;
    this.#workers = workers;
    this.#calibration = limits.calibration;
  }

  /** @throws ServiceError `model-missing` or `model-corrupt`, naming the file. */
  static async start({ modelDir, workers, threadsPerWorker }: OnnxCrossEncoderOptions): Promise<OnnxCrossEncoder> {
    const model = await openModel(modelDir);
    const limits = settings.safeParse({ ...model.manifest, ...model.manifest.settings });
    if (!limits.success) {
      const message = `${modelDir}/manifest.json: ${z.prettifyError(limits.error)}. Run: candor models verify`;
      throw new ServiceError('model-corrupt', { message, cause: limits.error });
    }
    const { maxTokens, maxQuestionTokens } = limits.data;
    const options: CrossEncoderWorkerOptions = {
      modelPath: model.path('model.onnx'),
      tokenizerPath: model.path('tokenizer.json'),
      maxTokens,
      maxQuestionTokens,
    };
    const moduleUrl = workerModuleUrl(import.meta.url, './onnx-cross-encoder-worker');
    const pool = await SessionPool.start({ moduleUrl, options, workers, threadsPerWorker });
    return new OnnxCrossEncoder(model.modelId, pool, workers, limits.data);
  }

  async rerank({ query, passages }: RerankRequest, signal: AbortSignal): Promise<RankedPassage[]> {
    const { temperature, bias } = this.#calibration;
    const texts = passages.map(passageText);
    const ranked = await Promise.all(
      shares(texts, this.#workers).map(async (share) => {
        const task: ScoreTask = { question: query.text, passages: share.map((index) => texts[index] ?? '') };
        const logits = await this.#pool.run<Float32Array>('score', task, { signal });
        return share.map((index, row) => {
          const relevanceLogit = logits[row] ?? Number.NEGATIVE_INFINITY;
          return { index, relevanceLogit, relevanceScore: sigmoid(relevanceLogit / temperature + bias) };
        });
      }),
    );
    return ranked.flat().sort((a, b) => b.relevanceLogit - a.relevanceLogit || a.index - b.index);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * Indices of the texts in at most `count` shares of about equal work: texts of like length stand together, since padding
 * is computed like text, and each next run of texts goes on until its share of all characters is full.
 */
export function shares(texts: readonly string[], count: number): number[][] {
  const order = texts.map((_, index) => index).sort((a, b) => lengthOf(texts, a) - lengthOf(texts, b));
  const total = order.reduce((sum, index) => sum + lengthOf(texts, index), 0);
  const result: number[][] = [];
  let before = 0;
  for (const index of order) {
    const middle = before + lengthOf(texts, index) / 2;
    const share = Math.min(count - 1, Math.floor((middle / Math.max(1, total)) * count));
    result[share] = [...(result[share] ?? []), index];
    before += lengthOf(texts, index);
  }
  return result.filter((share) => share && share.length > 0);
}

const lengthOf = (texts: readonly string[], index: number) => texts[index]?.length ?? 0;
