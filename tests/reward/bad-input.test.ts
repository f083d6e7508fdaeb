import { describe, expect, it } from 'vitest';
import { fitCalibration } from '../../src/reward/calibration.js';
import { parseCalibrator, requireFittedFor, sealCalibrator } from '../../src/reward/calibrator.js';
import { claimsOf } from '../../src/reward/claims.js';
import { confidenceOf, withConfidence } from '../../src/reward/confidence.js';
import { guaranteedThreshold } from '../../src/reward/guaranteed-threshold.js';
import { chooseStrategy } from '../../src/reward/strategy.js';
import { calibratorContent } from './calibrators.js';
import { candidate } from './candidates.js';

// A clear error or silence, never a shown answer. Duplicate and conflicting labels: tests/cli/calibrate-site.test.ts.

const options = (labels: number) => ({ targetPrecision: 0.9, confidence: 0.95, labels });
const outcomes = (count: number, right: boolean) =>
  Array.from({ length: count }, (_, index) => ({ confidence: index / count, right }));
const calibrator = sealCalibrator(calibratorContent({ rewardLogit: { weight: 1, mean: 0, scale: 1 } }));

/** What a search would do with these candidates at the lowest threshold there is. */
function reasonOf(candidates: ReturnType<typeof candidate>[], used = calibrator, minConfidence: number | null = 0) {
  const scored = withConfidence(candidates, new Map(), used);
  const sources = [{ id: 'p', documentId: 'd', title: 't' }];
  const claims = claimsOf(candidates, sources, new Map(), used);
  const strategy = chooseStrategy({ verdict: 'allow', candidates: scored, claims, minConfidence });
  return strategy.action === 'abstain' ? strategy.abstention.reason : strategy.action;
}

describe('labels', () => {
  it.each([
    ['five labels, all right', outcomes(5, true), 5],
    ['no labels', [], 0],
    ['one class: wrong', outcomes(200, false), 200],
    ['confidences that are no number', outcomes(20, true).map((one) => ({ ...one, confidence: Number.NaN })), 20],
  ])('%s prove no threshold', (_, given, labels) => {
    expect(guaranteedThreshold(given, options(labels)).supported).toBe(false);
  });

  it('of one class, all right, prove what they prove', () => {
    expect(guaranteedThreshold(outcomes(200, true), options(200))).toMatchObject({ supported: true, right: 200 });
  });

  it('of one class fit no confidence', () => {
    const features = {
      rewardLogit: 1,
      margin: 1,
      agreement: 1,
      meanTokenLogprob: 0,
      relevanceScore: 0.5,
      declineProbability: 0.5,
    };
    const cases = Array.from({ length: 200 }, (_, index) => ({ id: `q${index}`, features, right: true }));
    expect(() => fitCalibration(cases)).toThrow(RangeError);
  });
});

describe('calibrators', () => {
  it('of another model are refused, naming what differs', () => {
    const versions = { policy: 'policy@2', reward: 'reward@1', prompt: '2026-11-a' };
    expect(() => requireFittedFor(calibrator, versions, 'c.json')).toThrow(
      /c.json.*policy policy@1 \(loaded: policy@2\)/,
    );
  });

  it('edited by hand are refused', () => {
    const edited = JSON.stringify({ ...calibrator, minConfidence: 0.1 });
    expect(() => parseCalibrator(edited, 'c.json')).toThrow(/expected version/);
  });
});

describe('candidates', () => {
  it.each([
    ['a reward that is no number', [candidate('a', 'p', Number.NaN)], 'declined'],
    ['an infinite reward', [candidate('a', 'p', Number.POSITIVE_INFINITY)], 'declined'],
    ['all empty', [candidate(' ', 'p', 3), candidate('', 'p', 2)], 'declined'],
    ['all declined', [candidate('-', 'p', 3)], 'declined'],
    ['none', [], 'no-evidence'],
  ])('%s: silence', (_, candidates, reason) => expect(reasonOf(candidates)).toBe(reason));

  it('without a number for a feature that counts: silence', () => {
    const byLikelihood = sealCalibrator(calibratorContent({ meanTokenLogprob: { weight: 1, mean: 0, scale: 1 } }));
    const broken = candidate('a', 'p', 3, { meanTokenLogprob: Number.NaN });
    expect(reasonOf([broken], byLikelihood)).toBe('low-confidence');
  });

  it('with a confidence outside 0..1 from elsewhere: silence', () => {
    for (const confidence of [-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const candidates = [{ ...candidate('a', 'p', 3), confidence }];
      expect(chooseStrategy({ verdict: 'allow', candidates, minConfidence: 0 }).action).toBe('abstain');
    }
  });

  it('have no confidence beyond 0..1, whatever the features', () => {
    const features = {
      rewardLogit: 1e9,
      margin: 1e9,
      agreement: 9,
      meanTokenLogprob: 9,
      relevanceScore: 7,
      declineProbability: -3,
    };
    for (const sign of [1, -1]) {
      const confidence = confidenceOf({ ...features, rewardLogit: sign * 1e9 }, calibrator);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  });
});
