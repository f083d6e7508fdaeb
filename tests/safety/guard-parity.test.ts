import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OnnxEmbedder } from '../../src/retrieval/drivers/onnx-embedder.js';
import { openLinearModel } from '../../src/safety/drivers/linear-model.js';
import { openTrainedEntailment } from '../../src/safety/drivers/trained-entailment.js';
import { entailmentFeatures } from '../../src/safety/entailment-features.js';
import { probabilityOf } from '../../src/safety/linear-heads.js';
import { instructionFeatures } from '../../src/safety/passage-features.js';
import { fnv1a, hashedFeatures } from '../../src/safety/text-features.js';

let embedder: OnnxEmbedder;
beforeAll(async () => {
  embedder = await OnnxEmbedder.start({ modelDir: 'models/embedder', workers: 1, threadsPerWorker: 1 });
});
afterAll(() => embedder.close());

const readExamples = (name: string) => JSON.parse(readFileSync(`models/guards/${name}/examples.json`, 'utf8'));

it('hashes as published', () => {
  // Test vectors of FNV-1a, 32 bits.
  expect(fnv1a('')).toBe(0x811c9dc5);
  expect(fnv1a('a')).toBe(0xe40c292c);
  expect(fnv1a('foobar')).toBe(0xbf9cf968);
});

interface Example {
  text: string;
  rest?: string;
  features?: Record<string, number>;
  buckets: number[];
  /** Of the embedder, where the guard reads one. */
  vector?: number[];
  probabilities: Record<string, number>;
}

// Training and serving must see the same: what Python computed is computed again.
describe.each(['query', 'passage', 'answer'])('models/guards/%s', (name) => {
  const examples = readExamples(name) as Example[];

  it.each(examples)('$text', async ({ text, rest, features, buckets, vector, probabilities }) => {
    const model = await openLinearModel(`models/guards/${name}`, vector ? embedder : null);
    expect(hashedFeatures(text, model.hashBits)).toEqual(buckets);
    const own = features && instructionFeatures(text, rest ?? '');
    if (features) expect(own).toEqual(features);
    const seen = { buckets, ...(own && { named: own }), ...(vector && { vector: Float32Array.from(vector) }) };
    for (const head of model.heads) {
      expect(probabilityOf(model.head(head), seen)).toBeCloseTo(probabilities[head] as number, 5);
    }
  });
});

it('vectors of queries are those that the query guard has learnt from, as far as processors agree', async () => {
  const examples = readExamples('query') as (Example & { vector: number[] })[];
  const texts = examples.map(({ text }) => text);
  const vectors = await embedder.embedQueries(texts, new AbortController().signal);
  for (const [index, { vector }] of examples.entries()) {
    const cosine = vector.reduce((dot, value, at) => dot + value * (vectors[index]?.[at] ?? 0), 0);
    expect(cosine).toBeGreaterThan(0.98);
  }
});

describe('models/guards/entailment', () => {
  const examples = readExamples('entailment') as {
    quote: string;
    claim: string;
    features: Record<string, number>;
    probability: number;
  }[];

  it.each(examples)('$claim', async ({ quote, claim, features, probability }) => {
    for (const [feature, value] of Object.entries(entailmentFeatures(quote, claim))) {
      expect([feature, value]).toEqual([feature, expect.closeTo(features[feature] as number, 9)]);
    }
    const checker = await openTrainedEntailment('models/guards/entailment');
    const [found] = await checker.entails([{ quote, claim }], new AbortController().signal);
    expect(found).toBeCloseTo(probability, 5);
  });
});
