import { Tensor } from 'onnxruntime-node';
import { padBatch } from '../../onnx/batch.js';
import { openSession } from '../../onnx/session.js';
import { tokenOffsets } from '../../onnx/token-offsets.js';
import { type EncodedText, loadTokenizer, type TextTokenizer } from '../../onnx/tokenizer.js';
import type { WorkerInit } from '../../onnx/worker-module.js';
import type { Reading } from '../reading.js';

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
  /** Where the answer may begin and end: two log-probabilities for each of the tokens; only of models that mark words. */
  spans?: Float32Array;
}

export interface ReadTask extends ScoreTask {
  /** Of this pair, when it was scored already: the model need not run again. */
  spans?: Float32Array;
  /** Characters of `passage` before its text: title and headings. */
  textFrom: number;
}

/**
 * Reads a question with a passage: how relevant the passage is, and where in it the answer may begin and end. Each pair is a
 * run of its own: in a batch a quantised model scales neighbours together, and short pairs are padded to the longest.
 */
export const init: WorkerInit<CrossEncoderWorkerOptions> = async (options, { threads }) => {
  const tokenizer = await loadTokenizer(options.tokenizerPath);
  const session = await openSession(options.modelPath, { threads });
  const score = async (pair: EncodedText): Promise<PairScore> => {
    const { relevance_logit, span_logprobs } = await session.run(inputsOf(pair));
    const logit = relevance_logit?.data[0];
    if (typeof logit !== 'number')
      throw new Error(`${options.modelPath}: expected the output 'relevance_logit' of 1 value`);
    const spans = span_logprobs?.data as Float32Array | undefined;
    return { logit, tokens: pair.ids.length, ...(spans && { spans: spans.slice() }) };
  };
  return {
    handlers: {
      score: ({ question, passage }: ScoreTask) => score(encodePair(tokenizer, question, passage, options)),
      async read({ question, passage, textFrom, spans: known }: ReadTask): Promise<Reading> {
        const pair = encodePair(tokenizer, question, passage, options);
        const spans = known ?? (await score(pair)).spans;
        if (spans?.length !== 2 * pair.ids.length)
          throw new Error(`${options.modelPath}: expected the output 'span_logprobs' of 2 values a token`);
        const first = pair.typeIds.indexOf(1);
        const spelled = pair.ids.slice(first, -1).map((id) => tokenizer.tokenOf(id) ?? '');
        const read = tokenOffsets(passage, spelled).flatMap((place, index) => {
          if (!place || place.start < textFrom) return [];
          const at = 2 * (first + index);
          const token = { start: place.start - textFrom, end: place.end - textFrom };
          return { token, begin: spans[at] as number, end: spans[at + 1] as number };
        });
        return {
          tokens: read.map(({ token }) => token),
          begins: read.map(({ begin }) => begin),
          ends: read.map(({ end }) => end),
        };
      },
    },
    dispose: () => session.release(),
  };
};

function inputsOf(pair: EncodedText): Record<'input_ids' | 'attention_mask' | 'token_type_ids', Tensor> {
  const { columns, inputIds, attentionMask, typeIds } = padBatch([pair], 0);
  return {
    input_ids: new Tensor('int64', inputIds, [1, columns]),
    attention_mask: new Tensor('int64', attentionMask, [1, columns]),
    token_type_ids: new Tensor('int64', typeIds, [1, columns]),
  };
}

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
