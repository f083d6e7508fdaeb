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
  passage: string;
}

export interface PairScore {
  logit: number;
  /** Of question and passage, as read. */
  tokens: number;
}

/**
 * Reads a question with a passage and gives one logit. Each pair is a run of its own: in a batch a quantised model scales
 * neighbours together, and short pairs are padded to the longest.
 */
export const init: WorkerInit<CrossEncoderWorkerOptions> = async (options, { threads }) => {
  const tokenizer = await loadTokenizer(options.tokenizerPath);
  const session = await openSession(options.modelPath, { threads });
  return {
    handlers: {
      async score({ question, passage }: ScoreTask): Promise<PairScore> {
        const { columns, inputIds, attentionMask, typeIds } = padBatch(
          [encodePair(tokenizer, question, passage, options)],
          0,
        );
        const { relevance_logit } = await session.run({
          input_ids: new Tensor('int64', inputIds, [1, columns]),
          attention_mask: new Tensor('int64', attentionMask, [1, columns]),
          token_type_ids: new Tensor('int64', typeIds, [1, columns]),
        });
        const logit = relevance_logit?.data[0];
        if (typeof logit === 'number') return { logit, tokens: columns };
        throw new Error(`${options.modelPath}: expected the output 'relevance_logit' of 1 value`);
      },
    },
    dispose: () => session.release(),
  };
};

/** [CLS] question [SEP] passage [SEP]; both are cut at their ends, as in training. */
export function encodePair(
  tokenizer: TextTokenizer,
  question: string,
  passage: string,
  { maxTokens, maxQuestionTokens }: Pick<CrossEncoderWorkerOptions, 'maxTokens' | 'maxQuestionTokens'>,
): EncodedText {
  const encode = (text: string, limit: number) =>
    tokenizer.encode(text, { specialTokens: false, maxTokens: Math.max(0, limit) }).ids;
  const sep = idOf(tokenizer, '[SEP]');
  const head = [idOf(tokenizer, '[CLS]'), ...encode(question, maxQuestionTokens), sep];
  const tail = [...encode(passage, maxTokens - head.length - 1), sep];
  return { ids: [...head, ...tail], typeIds: [...head.map(() => 0), ...tail.map(() => 1)] };
}

function idOf(tokenizer: TextTokenizer, token: string): number {
  const id = tokenizer.idOf(token);
  if (id === undefined) throw new Error(`The tokenizer has no ${token}.`);
  return id;
}
