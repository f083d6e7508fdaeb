import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/onnx/tokenizer.js';
import { OnnxEmbedder } from '../../../src/retrieval/drivers/onnx-embedder.js';
import { testEmbedder } from '../../contracts/embedder.js';

const modelDir = 'models/embedder';
const open = () => OnnxEmbedder.start({ modelDir, workers: 2, threadsPerWorker: 1 });
testEmbedder('onnx', open);

test('vectors are those of the exported examples', async () => {
  const examples = JSON.parse(readFileSync(`${modelDir}/examples.json`, 'utf8')) as Example[];
  const embedder = await open();
  const tokenizer = await loadTokenizer(`${modelDir}/tokenizer.json`);
  for (const { text, inputIds, embeddingStart } of examples) {
    expect(tokenizer.encode(text, { maxTokens: embedder.maxTokens }).ids).toEqual(inputIds);
    const [vector] = await embedder.embedQueries([text], new AbortController().signal);
    // Quantised activations differ a little between processors.
    for (const [index, value] of embeddingStart.entries()) expect(vector?.[index]).toBeCloseTo(value, 1);
  }
  await embedder.close();
});

test('a folder without a model is named', async () => {
  const start = OnnxEmbedder.start({ modelDir: 'models/nowhere', workers: 1, threadsPerWorker: 1 });
  await expect(start).rejects.toMatchObject({ code: 'model-missing', message: expect.stringContaining('nowhere') });
});

interface Example {
  text: string;
  inputIds: number[];
  embeddingStart: number[];
}
