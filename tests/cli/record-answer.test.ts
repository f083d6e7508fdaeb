import { describe, expect, it } from 'vitest';
import { chosenAnew } from '../../src/cli/record-answer.js';
import type { AnswerRecord } from '../../src/evaluation/answer-record.js';
import { record } from '../evaluation/records.js';

const candidate = (text: string, rewardLogit: number, given: Partial<AnswerRecord['candidates'][number]> = {}) => ({
  ...{
    text,
    sentenceNumber: 1,
    passageId: 'nile#0',
    declined: false,
    meanTokenLogprob: -0.1,
    sampled: 'greedy' as const,
  },
  ...{ declineProbability: 0.1, rewardLogit, confidence: 0.5 },
  ...given,
});

const asked = record({
  candidates: [candidate('6,853 km', 2), candidate('Cairo', 1)],
  relevanceScores: { 'nile#0': 0.9 },
  top: '6,853 km',
  quote: 'It is 6,853 km long.',
  features: { rewardLogit: 7, entailment: 0.8 },
});

describe('chosenAnew', () => {
  it('keeps the answer that would be chosen today, and computes its features', () => {
    const { top, quote, features } = chosenAnew(asked);
    expect({ top, quote }).toEqual({ top: '6,853 km', quote: 'It is 6,853 km long.' });
    expect(features).toMatchObject({ rewardLogit: 2, margin: 1, agreement: 0.5, relevanceScore: 0.9, entailment: 0.8 });
  });

  it('does not lend the quote to another answer', () => {
    expect(chosenAnew({ ...asked, top: 'Cairo' })).toMatchObject({ top: '6,853 km', quote: null });
  });

  it('has no answer where a decline is better', () => {
    const declined = candidate('', 3, { declined: true, sentenceNumber: null });
    const { top, quote, features } = chosenAnew({ ...asked, candidates: [...asked.candidates, declined] });
    expect([top, quote, features]).toEqual([null, null, null]);
  });

  it('leaves a record without candidates alone', () => {
    const bare = { ...asked, candidates: [] };
    expect(chosenAnew(bare)).toBe(bare);
  });
});
