import { describe, expect, it } from 'vitest';
import { type Calibrator, sealCalibrator } from '../../src/reward/calibrator.js';
import {
  type ConfidenceFeatures,
  confidenceFeatures,
  confidenceOf,
  featureVector,
  MARGIN_LIMIT,
  withConfidence,
} from '../../src/reward/confidence.js';
import { calibratorContent } from './calibrators.js';
import { candidate } from './candidates.js';

const nile = candidate('6,853 km', 'nile#0', 2.5, { meanTokenLogprob: -0.2, declineProbability: 0.1 });
const candidates = [
  nile,
  candidate('the 6853 km', 'nile#0', 1.5),
  candidate('1624', 'oslo#0', 1),
  candidate('long', 'nile#1', -2),
  candidate('-', 'delta#0', 4),
];
const relevance = new Map([['nile#0', 0.9]]);

describe('confidenceFeatures', () => {
  it('looks at the rivals that say something else', () => {
    expect(confidenceFeatures(nile, candidates, relevance)).toEqual({
      rewardLogit: 2.5,
      margin: 1.5, // to 1624; the decline is no answer, 6853 km is the same one
      agreement: 0.5, // 2 of 4
      meanTokenLogprob: -0.2,
      relevanceScore: 0.9,
      declineProbability: 0.1,
      contradiction: 0, // neither a bare number nor a word denies a length
      answerWords: 2,
      passageAgeYears: null,
      entailment: null,
      readerAgreement: null,
    });
    expect(confidenceFeatures({ ...nile, readerAgreement: 0.7 }, candidates, relevance)).toMatchObject({
      readerAgreement: 0.7,
    });
  });

  it('compares answers by what they mean, and counts the passages that deny one', () => {
    const said = candidate('six km', 'a#0', 1);
    const others = [
      candidate('6 kilometres', 'b#0', 0.5),
      candidate('7 km', 'c#0', 0.5),
      candidate('8 km', 'c#0', 0.2),
    ];
    expect(confidenceFeatures(said, [said, ...others], relevance)).toMatchObject({
      agreement: 0.5,
      contradiction: 0.5,
    });
  });

  it.each([
    ['alone', [nile], MARGIN_LIMIT, 1],
    ['a rival far below', [nile, candidate('x', 'oslo#0', -9)], MARGIN_LIMIT, 0.5],
    ['a rival far above', [nile, candidate('x', 'oslo#0', 19)], -MARGIN_LIMIT, 0.5],
    ['a rival without a reward', [nile, candidate('x', 'oslo#0', Number.NaN)], MARGIN_LIMIT, 1],
  ])('%s', (_, all, margin, agreement) => {
    expect(confidenceFeatures(nile, all, relevance)).toMatchObject({ margin, agreement });
  });

  it('does not know the relevance of a passage that was not reranked', () => {
    expect(confidenceFeatures(nile, candidates, new Map()).relevanceScore).toBeNull();
  });
});

const features: ConfidenceFeatures = {
  rewardLogit: 3,
  margin: 1,
  agreement: 1,
  meanTokenLogprob: -0.1,
  relevanceScore: 0.5,
  declineProbability: 0.5,
};

// logit = 0.5 + 2 (reward - 2) / 4
const byReward: Calibrator = sealCalibrator(
  calibratorContent({ intercept: 0.5, rewardLogit: { weight: 2, mean: 2, scale: 4 } }),
);

describe('confidenceOf', () => {
  it('is logistic regression on the standardised features', () => {
    expect(confidenceOf(features, byReward)).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });

  it('is then mapped by the isotonic regression', () => {
    const mapped = sealCalibrator({ ...byReward, isotonic: { scores: [0.5], values: [0.2] } });
    const probability = 1 / (1 + Math.exp(-1)); // 0.731, between (0.5, 0.2) and (1, 1)
    expect(confidenceOf(features, mapped)).toBeCloseTo(0.2 + ((probability - 0.5) / 0.5) * 0.8, 12);
  });

  it('takes an unknown relevance for the average one', () => {
    const relevant = sealCalibrator(calibratorContent({ relevanceScore: { weight: 1, mean: 0, scale: 1 } }));
    expect(confidenceOf({ ...features, relevanceScore: null }, relevant)).toBe(0.5);
    expect(confidenceOf({ ...features, relevanceScore: 0.9 }, relevant)).toBeCloseTo(0.9, 12);
  });

  it('is no number when a feature is none', () => {
    expect(confidenceOf({ ...features, rewardLogit: Number.NaN }, byReward)).toBeNaN();
  });
});

it('turns probabilities into log-odds and cuts certainty', () => {
  expect(featureVector({ ...features, relevanceScore: 1, declineProbability: 0 })).toEqual([
    3,
    1,
    1,
    -0.1,
    expect.closeTo(Math.log(9999), 6),
    expect.closeTo(-Math.log(9999), 6),
    null,
    null,
    null,
    null,
    null,
  ]);
});

it('knows features that an older calibrator does not, and gives them no weight', () => {
  const more = {
    ...features,
    contradiction: 1,
    answerWords: 3,
    passageAgeYears: 10,
    entailment: 0.2,
    readerAgreement: 0.8,
  };
  const quarter = expect.closeTo(Math.log(0.25), 12);
  expect(featureVector(more).slice(6)).toEqual([
    1,
    Math.log(4),
    Math.log(11),
    quarter,
    expect.closeTo(Math.log(4), 12),
  ]);
  expect(confidenceOf(more, byReward)).toBe(confidenceOf(features, byReward));
  const aged = sealCalibrator(calibratorContent({ passageAgeYears: { weight: -1, mean: 0, scale: 1 } }));
  expect(confidenceOf(more, aged)).toBeCloseTo(1 / 12, 12);
});

describe('withConfidence', () => {
  it('gives every answer its confidence and a decline none', () => {
    const scored = withConfidence(candidates, relevance, byReward);
    expect(scored.map(({ confidence }) => confidence > 0)).toEqual([true, true, true, true, false]);
    expect(scored[0]?.confidence).toBeGreaterThan(scored[1]?.confidence ?? 1);
  });

  it('promises nothing without a calibrator', () => {
    expect(withConfidence(candidates, relevance, null).map(({ confidence }) => confidence)).toEqual([0, 0, 0, 0, 0]);
  });
});
