import { afterAll, describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../src/onnx/tokenizer.js';
import { OnnxCrossEncoder, shares } from '../../src/ranking/drivers/onnx-cross-encoder.js';
import { encodePairs } from '../../src/ranking/drivers/onnx-cross-encoder-worker.js';
import { passage, testReranker } from '../contracts/reranker.js';

// The tiny model adds up the ids of the passage's tokens: where 4, is 5, the 6, rhine 7, river 8.
const modelDir = 'tests/fixtures/tiny-reranker';
const open = () => OnnxCrossEncoder.start({ modelDir, workers: 2, threadsPerWorker: 1 });
testReranker('onnx (tiny)', open);

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
    expect(ranked).toEqual({ index: 0, relevanceLogit: 21, relevanceScore: 1 / (1 + Math.exp(-(21 / 2 - 1))) });
  });

  test('passages of very different length', async () => {
    const ranked = await rerank('is', passage('the'), passage('river '.repeat(40)), passage('the river'));
    // maxTokens 12 leaves the long one 8 tokens
    expect(ranked.map(({ index, relevanceLogit }) => [index, relevanceLogit])).toEqual([
      [1, 64],
      [2, 14],
      [0, 6],
    ]);
  });

  test('pairs are built as in training', async () => {
    const tokenizer = await loadTokenizer(`${modelDir}/tokenizer.json`);
    const limits = { maxTokens: 8, maxQuestionTokens: 2 };
    const [pair] = encodePairs(tokenizer, 'where is the', ['the rhine river river'], limits);
    expect(pair).toEqual({ ids: [2, 4, 5, 3, 6, 7, 8, 3], typeIds: [0, 0, 0, 0, 1, 1, 1, 1] });
  });

  test('shares are of about equal work, and none is empty', () => {
    const texts = [10, 10, 10, 10, 40, 40].map((length) => 'x'.repeat(length));
    expect(shares(texts, 2)).toEqual(
      [
        [0, 1, 2, 3],
        [4, 5],
      ].map((share) => expect.arrayContaining(share)),
    );
    expect(shares(['a'], 4)).toEqual([[0]]);
    expect(shares([], 4)).toEqual([]);
    expect(shares(['', ''], 2).flat().sort()).toEqual([0, 1]);
  });

  test('a manifest without calibration is refused', async () => {
    const start = OnnxCrossEncoder.start({ modelDir: 'tests/fixtures/tiny-model', workers: 1, threadsPerWorker: 1 });
    await expect(start).rejects.toMatchObject({
      code: 'model-corrupt',
      message: expect.stringContaining('calibration'),
    });
  });
});
