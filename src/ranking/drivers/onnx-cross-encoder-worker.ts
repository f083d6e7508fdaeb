import { Tensor } from 'onnxruntime-node';
import { padBatch } from '../../onnx/batch.js';
import { openSession } from '../../onnx/session.js';
import { type EncodedText, loadTokenizer, type TextTokenizer } from '../../onnx/tokenizer.js';
import type { WorkerInit } from '../../onnx/worker-module.js';

export interface CrossEncoderWorkerOptions {
  modelPath: string;
  tokenizerPath: string;
  /** Of question and passage together. */
  maxTokens: number;
  maxQuestionTokens: number;
}

export interface ScoreTask {
  question: string;
  passages: string[];
}

/** Reads a question with each of some passages: one logit a passage, in their order. */
export const init: WorkerInit<CrossEncoderWorkerOptions> = async (options, { threads }) => {
  const tokenizer = await loadTokenizer(options.tokenizerPath);
  const session = await openSession(options.modelPath, { threads });
  const padId = tokenizer.idOf('[PAD]') ?? 0;
  return {
    handlers: {
      async score({ question, passages }: ScoreTask): Promise<Float32Array> {
        const pairs = encodePairs(tokenizer, question, passages, options);
        const { rows, columns, inputIds, attentionMask, typeIds } = padBatch(pairs, padId);
        const shape = [rows, columns];
        const { relevance_logit } = await session.run({
          input_ids: new Tensor('int64', inputIds, shape),
          attention_mask: new Tensor('int64', attentionMask, shape),
          token_type_ids: new Tensor('int64', typeIds, shape),
        });
        const logits = relevance_logit?.data;
        if (!(logits instanceof Float32Array) || logits.length !== rows) {
          throw new Error(`${options.modelPath}: expected the output 'relevance_logit' of ${rows} values`);
        }
        return logits;
      },
    },
    dispose: () => session.release(),
  };
};

/** [CLS] question [SEP] passage [SEP]; both are cut at their ends, as in training. */
export function encodePairs(
  tokenizer: TextTokenizer,
  question: string,
  passages: readonly string[],
  { maxTokens, maxQuestionTokens }: Pick<CrossEncoderWorkerOptions, 'maxTokens' | 'maxQuestionTokens'>,
): EncodedText[] {
  const cls = idOf(tokenizer, '[CLS]');
  const sep = idOf(tokenizer, '[SEP]');
  const encode = (text: string, limit: number) =>
    tokenizer.encode(text, { specialTokens: false, maxTokens: Math.max(0, limit) }).ids;
  const head = [cls, ...encode(question, maxQuestionTokens), sep];
  return passages.map((passage) => {
    const tail = [...encode(passage, maxTokens - head.length - 1), sep];
    return { ids: [...head, ...tail], typeIds: [...head.map(() => 0), ...tail.map(() => 1)] };
  });
}

function idOf(tokenizer: TextTokenizer, token: string): number {
  const id = tokenizer.idOf(token);
  if (id === undefined) throw new Error(`The tokenizer has no ${token}.`);
  return id;
}
