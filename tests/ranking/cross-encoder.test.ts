import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../src/onnx/tokenizer.js';
import { OnnxCrossEncoder } from '../../src/ranking/drivers/onnx-cross-encoder.js';
import { encodePair } from '../../src/ranking/drivers/onnx-cross-encoder-worker.js';
import { agreementWith, likeliestAnswer } from '../../src/ranking/reading.js';
import { passage, testReranker } from '../contracts/reranker.js';

// The tiny model adds up the ids of the passage's tokens: where 4, is 5, the 6, rhine 7, river 8.
const modelDir = 'tests/fixtures/tiny-reranker';
const open = () => OnnxCrossEncoder.start({ modelDir, workers: 2, threadsPerWorker: 1 });
testReranker('onnx, tiny', open);

const real = () => OnnxCrossEncoder.start({ modelDir: 'models/reranker', workers: 2, threadsPerWorker: 1 });
testReranker('onnx', real);

describe('onnx cross-encoder', () => {
  const opened = open();
  afterAll(async () => (await opened).close());
  const rerank = async (text: string, ...passages: ReturnType<typeof passage>[]) =>
    (await opened).rerank(
      { query: { text, access: { tenant: 'default', groups: [] } }, passages },
      new AbortController().signal,
    );

  test('logit of title and text, score of the calibration', async () => {
    // title "rhine" and its full stop (unknown), then "the river"
    const [ranked] = await rerank('where', passage('the river', 'rhine'));
    // [CLS] where [SEP], four of the passage, [SEP]
    expect(ranked).toEqual({
      index: 0,
      relevanceLogit: 21,
      relevanceScore: 1 / (1 + Math.exp(-(21 / 2 - 1))),
      tokens: 8,
    });
  });

  test('ordered by logit / 2 - ln(rank), from 1 in the input', async () => {
    const ranked = await rerank('is', passage('the'), passage('river '.repeat(40)), passage('rhine'), passage('rhine'));
    // maxTokens 12 leaves the long one 8 tokens of 8. 3 - 0, 32 - ln 2, 3.5 - ln 3, 3.5 - ln 4
    expect(ranked.map(({ index, relevanceLogit }) => [index, relevanceLogit])).toEqual([
      [1, 64],
      [0, 6],
      [2, 7],
      [3, 7],
    ]);
  });

  test('pairs are built as in training', async () => {
    const tokenizer = await loadTokenizer(`${modelDir}/tokenizer.json`);
    const limits = { maxTokens: 8, maxQuestionTokens: 2 };
    const pair = encodePair(tokenizer, 'where is the', 'the rhine river river', limits);
    expect(pair).toEqual({ ids: [2, 4, 5, 3, 6, 7, 8, 3], typeIds: [0, 0, 0, 0, 1, 1, 1, 1] });
  });

  test('the reader marks words of the text, with their places in it', async () => {
    const { reader } = await opened;
    // The tiny one is sure that an answer begins with "the" and ends with "river".
    const query = { text: 'where', access: { tenant: 'default', groups: [] } };
    const { text } = passage('is the rhine  river');
    const reading = await reader?.read({ query, passage: passage(text, 'the river') }, new AbortController().signal);
    expect(reading?.tokens).toEqual([
      { start: 0, end: 2 },
      { start: 3, end: 6 },
      { start: 7, end: 12 },
      { start: 14, end: 19 },
    ]);
    if (!reading) throw new Error('nothing was read');
    const agreement = (answer: string) => agreementWith(reading, text, answer);
    // The title has the same words, and half of the probability.
    expect(agreement('the rhine  river')).toBeGreaterThan(0.2);
    expect(agreement('is')).toBeLessThan(0.01);
    expect([agreement('where'), agreement('')]).toEqual([null, null]);
    expect(likeliestAnswer(reading, text)?.text).toBe('the rhine  river');
    // Scored before, it need not be read again, and has the same places.
    const again = { query, passages: [passage(text, 'the river')] };
    await (await opened).rerank(again, new AbortController().signal);
    expect(await reader?.read({ query, passage: passage(text, 'the river') }, new AbortController().signal)).toEqual(
      reading,
    );
  });

  test('a manifest without calibration is refused', async () => {
    const start = OnnxCrossEncoder.start({ modelDir: 'tests/fixtures/tiny-model', workers: 1, threadsPerWorker: 1 });
    await expect(start).rejects.toMatchObject({
      code: 'model-corrupt',
      message: expect.stringContaining('calibration'),
    });
  });
});

describe('the committed reranker', () => {
  interface Example {
    question: string;
    /** With its title in front. */
    passage: string;
    inputIds: number[];
    relevanceLogit: number;
  }
  const examples = JSON.parse(readFileSync('models/reranker/examples.json', 'utf8')) as Example[];

  test('ids and logits of the exported examples', async () => {
    const tokenizer = await loadTokenizer('models/reranker/tokenizer.json');
    const reranker = await real();
    for (const { question, passage: text, inputIds, relevanceLogit } of examples) {
      expect(encodePair(tokenizer, question, text, { maxTokens: 192, maxQuestionTokens: 48 }).ids).toEqual(inputIds);
      const query = { text: question, access: { tenant: 'default', groups: [] } };
      const request = { query, passages: [passage(text)] };
      const [ranked] = await reranker.rerank(request, new AbortController().signal);
      expect(Math.abs((ranked?.relevanceLogit ?? 0) - relevanceLogit)).toBeLessThan(0.5);
    }
    await reranker.close();
  });
});
