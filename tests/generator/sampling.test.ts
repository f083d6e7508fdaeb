import { describe, expect, test } from 'vitest';
import { planCandidates } from '../../src/generator/candidate-plan.js';
import { greedyChoice, logSumExp, sampledChoice, seededRandom } from '../../src/generator/sampling.js';

const logits = Float32Array.from([1, 3, 2, -40, 2.9]);
const all = (_id: number) => true;

test('logSumExp makes probabilities sum to one', () => {
  const sum = [...logits].reduce((total, logit) => total + Math.exp(logit - logSumExp(logits)), 0);
  expect(sum).toBeCloseTo(1, 6);
});

describe('greedy', () => {
  test('takes the likeliest', () => expect(greedyChoice(logits, all)).toBe(1));
  test('takes the likeliest that is allowed', () => expect(greedyChoice(logits, (id) => id !== 1)).toBe(4));
  test('finds the only one allowed among many', () => {
    const many = Float32Array.from({ length: 500 }, (_, index) => -index);
    expect(greedyChoice(many, (id) => id === 321)).toBe(321);
  });
});

describe('sampled', () => {
  const draw = (options: { temperature: number; topP: number }, allows = all, seed = 'a') => {
    const random = seededRandom(seed);
    return Array.from({ length: 400 }, () => sampledChoice(logits, allows, random, options));
  };

  test('stays among what is likely enough and allowed', () => {
    expect(new Set(draw({ temperature: 1, topP: 0.95 }))).toEqual(new Set([0, 1, 2, 4]));
    expect(new Set(draw({ temperature: 1, topP: 0.7 }))).toEqual(new Set([1, 4]));
    expect(new Set(draw({ temperature: 1, topP: 1 }, (id) => id === 2))).toEqual(new Set([2]));
  });

  test('a low temperature is nearly greedy', () => {
    expect(new Set(draw({ temperature: 0.01, topP: 0.99 }))).toEqual(new Set([1]));
  });

  test('the same seed draws the same', () => {
    const options = { temperature: 1, topP: 1 };
    expect(draw(options)).toEqual(draw(options));
    expect(draw(options, all, 'b')).not.toEqual(draw(options));
  });
});

test.each([
  // passages, candidates, samples besides the greedy one of each passage that is read
  [3, 4, [1, 0, 0]],
  [4, 4, [0, 0, 0, 0]],
  [5, 2, [0, 0]],
  [2, 7, [3, 2]],
  [1, 1, [0]],
])('%i passages, %i candidates', (passages, candidates, samples) => {
  expect(planCandidates(passages, candidates)).toEqual(samples.map((count, passage) => ({ passage, samples: count })));
});
