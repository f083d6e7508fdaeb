import { setMaxListeners } from 'node:events';
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
  readerMaxTokens: z.number().int().min(8).optional(),
  maxQuestionTokens: z.number().int().positive().default(48),
  /** P(the passage answers) = sigmoid(logit / temperature + bias). */
  calibration: z.looseObject({ temperature: z.number().positive(), bias: z.number() }),
});

/** Graph of a reader, beside the reranker whose word vectors it shares. */
const READER_FILE = 'reader.onnx';

/** A cross-encoder exported to ONNX (output `relevance_logit`), in worker threads; where its folder holds a reader, that too. */
export class OnnxCrossEncoder implements Reranker {
  readonly modelId: string;
  /** `null` when the folder holds none. */
  readonly reader: AnswerReader | null;
  readonly #pool: SessionPool;
  readonly #calibration: z.infer<typeof settings>['calibration'];

  private constructor(modelId: string, pool: SessionPool, limits: z.infer<typeof settings>, canRead: boolean) {
    this.modelId = modelId;
    this.reader = canRead ? { modelId, read: (request, signal) => this.#read(request, signal) } : null;
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
    const { maxTokens, maxQuestionTokens, readerMaxTokens = maxTokens } = limits.data;
    const canRead = READER_FILE in model.manifest.files;
    const options: CrossEncoderWorkerOptions = {
      modelPath: model.path('model.onnx'),
      ...(canRead && { readerPath: model.path(READER_FILE) }),
      tokenizerPath: model.path('tokenizer.json'),
      maxTokens,
      readerMaxTokens,
      maxQuestionTokens,
    };
    const moduleUrl = workerModuleUrl(import.meta.url, './onnx-cross-encoder-worker');
    const pool = await SessionPool.start({ moduleUrl, options, workers, threadsPerWorker });
    return new OnnxCrossEncoder(model.modelId, pool, limits.data, canRead);
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
    const task: ReadTask = { question: query.text, passage: whole, textFrom };
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
        scores[index] = await this.#pool.run<PairScore>('score', task, { signal });
      }),
    );
    return scores;
  }
}

const lengthOf = (texts: readonly string[], index: number) => texts[index]?.length ?? 0;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
