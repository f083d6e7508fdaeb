import type { Calibrator } from '../../src/reward/calibrator.js';

const unused = { weight: 0, mean: 0, scale: 1 };

/** A calibrator that ignores every feature but those given. */
export function calibratorContent(
  given: { intercept?: number } & Partial<Calibrator['features']> = {},
): Omit<Calibrator, 'version'> {
  const { intercept = 0, ...features } = given;
  return {
    format: 1,
    fittedFor: { policy: 'policy@1', reward: 'reward@1', prompt: '2026-11-a', reranker: 'reranker@1' },
    intercept,
    features: {
      rewardLogit: unused,
      margin: unused,
      agreement: unused,
      meanTokenLogprob: unused,
      relevanceScore: unused,
      declineProbability: unused,
      ...features,
    },
    isotonic: { scores: [], values: [] },
    minConfidence: 0.8,
    fit: {
      date: '2026-11-24',
      questions: 1000,
      right: 600,
      targetPrecision: 0.9,
      precision: 0.9,
      precisionLow: 0.88,
      shown: 500,
      calibrationError: 0.02,
    },
  };
}
