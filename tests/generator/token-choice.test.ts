import { describe, expect, test } from 'vitest';
import { planCandidates } from '../../src/generator/candidate-plan.js';
import { greedyChoice, logSumExp } from '../../src/generator/token-choice.js';

const logits = Float32Array.from([1, 3, 2, -40, 2.9]);
const all = (_id: number) => true;

test('logSumExp makes probabilities sum to one', () => {
  const sum = [...logits].reduce((total, logit) => total + Math.exp(logit - logSumExp(logits)), 0);
  expect(sum).toBeCloseTo(1, 6);
});

describe('greedy', () => {
  test('takes the likeliest', () => expect(greedyChoice(logits, all)).toBe(1));
  test('takes the likeliest that is allowed', () => expect(greedyChoice(logits, (id) => id !== 1)).toBe(4));
  test('takes none where none is allowed', () => expect(greedyChoice(logits, () => false)).toBe(-1));
  test('finds the only one allowed among many', () => {
    const many = Float32Array.from({ length: 500 }, (_, index) => -index);
    expect(greedyChoice(many, (id) => id === 321)).toBe(321);
  });
});

test.each([
  // passages, candidates, others besides the greedy one of each passage that is read
  [3, 4, [1, 0, 0]],
  [4, 4, [0, 0, 0, 0]],
  [5, 2, [0, 0]],
  [2, 7, [3, 2]],
  [1, 1, [0]],
])('%i passages, %i candidates', (passages, candidates, others) => {
  expect(planCandidates(passages, candidates)).toEqual(others.map((count, passage) => ({ passage, others: count })));
});
