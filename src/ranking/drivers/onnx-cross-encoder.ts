import { setMaxListeners } from 'node:events';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { openModel } from '../../onnx/manifest.js';
import { passageText } from '../../onnx/passage-text.js';
import { SessionPool } from '../../onnx/session-pool.js';
import { workerModuleUrl } from '../../onnx/start-worker.js';
import type { AnswerReader, ReadRequest } from '../answer-reader.js';
import type { Reading } from '../reading.js';
import type { RankedPassage, Reranker, RerankRequest } from '../reranker.js';
import type { CrossEncoderWorkerOptions, PairScore, ReadTask, ScoreTask } from './onnx-cross-encoder-worker.js';

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
  /** Output with the places of the answer, of models that mark them. */
  spanOutput: z.literal('span_logprobs').optional(),
});

/** Pairs whose marks are kept until someone asks for them; far more than requests in flight have. */
const MAX_KNOWN_SPANS = 256;

/**
 * A cross-encoder exported to ONNX (output `relevance_logit`), in worker threads. One that marks the answer's words as well
 * (output `span_logprobs`) is a reader, too, and reads a pair once for both.
 */
export class OnnxCrossEncoder implements Reranker {
  readonly modelId: string;
  /** `null` when the model marks no words. */
  readonly reader: AnswerReader | null;
  readonly #pool: SessionPool;
  readonly #calibration: z.infer<typeof settings>['calibration'];
  readonly #knownSpans = new LRUCache<string, Float32Array>({ max: MAX_KNOWN_SPANS });

  private constructor(modelId: string, pool: SessionPool, limits: z.infer<typeof settings>) {
    this.modelId = modelId;
    this.reader = limits.spanOutput ? { modelId, read: (request, signal) => this.#read(request, signal) } : null;
    this.#pool = pool;
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
    return new OnnxCrossEncoder(model.modelId, pool, limits.data);
  }

  /** Ordered by `logit / temperature - ln(rank)`, rank from 1 in the input: what is read and what retrieval found. */
  async rerank({ query, passages }: RerankRequest, signal: AbortSignal): Promise<RankedPassage[]> {
    const { temperature, bias } = this.#calibration;
    const scores = await this.#score(query.text, passages.map(passageText), signal);
    return scores
      .map(({ logit: relevanceLogit, tokens }, index) => ({
        index,
        relevanceLogit,
        tokens,
        relevanceScore: sigmoid(relevanceLogit / temperature + bias),
        order: relevanceLogit / temperature - Math.log(index + 1),
      }))
      .sort((a, b) => b.order - a.order || a.index - b.index)
      .map(({ order: _, ...ranked }) => ranked);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #read({ query, passage }: ReadRequest, signal: AbortSignal): Promise<Reading> {
    const whole = passageText(passage);
    const textFrom = whole.length - passage.text.length;
    const spans = this.#knownSpans.peek(pairKey(query.text, whole));
    const task: ReadTask = { question: query.text, passage: whole, textFrom, ...(spans && { spans }) };
    return await this.#pool.run<Reading>('read', task, { signal });
  }

  /** A task a passage, the longest first: the workers end at about the same time. */
  async #score(question: string, passages: readonly string[], signal: AbortSignal): Promise<PairScore[]> {
    // One listener for each task that waits.
    setMaxListeners(0, signal);
    const order = passages.map((_, index) => index).sort((a, b) => lengthOf(passages, b) - lengthOf(passages, a));
    const scores = new Array<PairScore>(passages.length);
    await Promise.all(
      order.map(async (index) => {
        const task: ScoreTask = { question, passage: passages[index] ?? '' };
        const score = await this.#pool.run<PairScore>('score', task, { signal });
        if (score.spans) this.#knownSpans.set(pairKey(question, task.passage), score.spans);
        scores[index] = score;
      }),
    );
    return scores;
  }
}

const pairKey = (question: string, passage: string) => JSON.stringify([question, passage]);

const lengthOf = (texts: readonly string[], index: number) => texts[index]?.length ?? 0;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
