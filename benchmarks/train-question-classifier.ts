/**
 * Trains the question classifier of `src/query` on the ratings of query-wellformedness (train; the strength of the penalty is
 * chosen on dev, the test split is read once, for the figure) and writes its weights.
 *
 *   npx tsx benchmarks/train-question-classifier.ts --data ../shared/data/query-wellformedness
 */
import './said-errors.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FEATURES, questionFeatures } from '../src/query/question-features.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/query-wellformedness' },
    out: { type: 'string', default: 'src/query/question-weights.ts' },
  },
});

/** Rated well-formed by four of five people or more. */
const WELL_FORMED = 0.8;
const RATE = 0.1;
const EPOCHS = 15;

interface Example {
  features: Int32Array;
  isQuestion: boolean;
}

const [train, dev, test] = ['train', 'dev', 'test'].map(read) as [Example[], Example[], Example[]];
let best = { accuracy: 0, l2: 0, model: trained(train, 1) };
for (const l2 of [1e-2, 3e-2, 1e-1, 3e-1]) {
  const model = trained(train, l2);
  const accuracy = accuracyOf(model, dev);
  console.log(`penalty ${l2}: ${(100 * accuracy).toFixed(2)} % on dev`);
  if (accuracy > best.accuracy) best = { accuracy, l2, model };
}
const quantised = quantise(best.model);
const majority = Math.max(...[true, false].map((label) => share(test, label)));
const report = {
  penalty: best.l2,
  dev: accuracyOf(quantised, dev),
  test: accuracyOf(quantised, test),
  testMajority: majority,
  train: train.length,
};
console.log(JSON.stringify(report));
writeFileSync(values.out, source(quantised));

interface Model {
  weights: Float64Array;
  bias: number;
}

/** Every query of the data ends in ` ?`, which says nothing here. */
function read(part: string): Example[] {
  const lines = readFileSync(join(values.data, `${part}.tsv`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [query = '', rating = '0'] = line.split('\t');
    return { features: questionFeatures(query.replace(/\s*\?\s*$/, '')), isQuestion: Number(rating) >= WELL_FORMED };
  });
}

/** Logistic regression with an L2 penalty on the weights that a query has: AdaGrad, in an order from a seed. */
function trained(examples: readonly Example[], l2: number): Model {
  const weights = new Float64Array(FEATURES);
  const squares = new Float64Array(FEATURES).fill(1e-8);
  let [bias, biasSquares] = [0, 1e-8];
  let state = 1;
  const order = examples.map((_, index) => index);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let index = order.length - 1; index > 0; index--) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const other = state % (index + 1);
      [order[index], order[other]] = [order[other] as number, order[index] as number];
    }
    for (const at of order) {
      const { features, isQuestion } = examples[at] as Example;
      const error = probability({ weights, bias }, features) - Number(isQuestion);
      for (const place of features) {
        const gradient = error + l2 * (weights[place] ?? 0);
        squares[place] = (squares[place] ?? 0) + gradient * gradient;
        weights[place] = (weights[place] ?? 0) - (RATE * gradient) / Math.sqrt(squares[place] ?? 1);
      }
      biasSquares += error * error;
      bias -= (RATE * error) / Math.sqrt(biasSquares);
    }
  }
  return { weights, bias };
}

function probability({ weights, bias }: Model, features: Int32Array): number {
  let logit = bias;
  for (const place of features) logit += weights[place] ?? 0;
  return 1 / (1 + Math.exp(-logit));
}

function accuracyOf(model: Model, examples: readonly Example[]): number {
  const right = examples.filter(({ features, isQuestion }) => probability(model, features) >= 0.5 === isQuestion);
  return right.length / examples.length;
}

function share(examples: readonly Example[], label: boolean): number {
  return examples.filter(({ isQuestion }) => isQuestion === label).length / examples.length;
}

function scaleOf({ weights }: Model): number {
  return Math.max(...weights.map(Math.abs)) / 127;
}

/** As the weights are stored: 8 bits each. */
function quantise(model: Model): Model {
  const scale = scaleOf(model);
  return { weights: model.weights.map((weight) => Math.round(weight / scale) * scale), bias: model.bias };
}

function source(model: Model): string {
  const scale = scaleOf(model);
  const bytes = Buffer.from(Int8Array.from(model.weights, (weight) => Math.round(weight / scale)).buffer);
  return [
    '// Written by benchmarks/train-question-classifier.ts.',
    `export const BIAS = ${model.bias};`,
    '/** A weight is its byte times this. */',
    `export const SCALE = ${scale};`,
    '/** One signed byte a feature, in base64. */',
    `export const WEIGHTS =\n  '${bytes.toString('base64')}';`,
    '',
  ].join('\n');
}
