import { describe, expect, it } from 'vitest';
import { parseCalibrator, sealCalibrator } from '../../src/reward/calibrator.js';
import { judgeDrift } from '../../src/reward/drift.js';
import { DriftMonitor } from '../../src/reward/drift-monitor.js';
import { distributionOf, populationStability } from '../../src/reward/population-stability.js';
import { calibratorContent } from './calibrators.js';

const even = (count: number) => Array.from({ length: count }, (_, index) => (index + 0.5) / count);
const found = distributionOf(even(1000));
const calibrator = sealCalibrator({
  ...calibratorContent(),
  distribution: { edges: [...found!.edges], shares: [...found!.shares] },
});
/** Judged answers of one confidence. */
const judged = (confidence: number, right: number, wrong: number) => [
  ...Array.from({ length: right }, () => ({ confidence, right: true })),
  ...Array.from({ length: wrong }, () => ({ confidence, right: false })),
];

describe('population stability', () => {
  it('is the textbook figure', () => {
    const distribution = { edges: [0.5], shares: [0.5, 0.5] };
    const observed = [...Array(75_000).fill(0.2), ...Array(25_000).fill(0.8)];
    // (0.75 - 0.5) ln(1.5) + (0.25 - 0.5) ln(0.5)
    expect(populationStability(distribution, observed)).toBeCloseTo(0.25 * Math.log(1.5) - 0.25 * Math.log(0.5), 4);
  });

  it('is 0 for the same population, and finite for one that shares nothing', () => {
    expect(populationStability(found!, even(1000))).toBeCloseTo(0, 10);
    expect(populationStability(found!, Array(500).fill(0.99))).toBeGreaterThan(1);
    expect(Number.isFinite(populationStability({ edges: [0.5], shares: [1, 0] }, [0.9]))).toBe(true);
  });

  it('leaves out what is no probability, and knows nothing of nothing', () => {
    expect(populationStability(found!, [Number.NaN, 1.2])).toBeNull();
    expect(distributionOf([])).toBeNull();
    expect(distributionOf([0.4, 0.4, 0.4])).toEqual({ edges: [], shares: [1] });
  });

  it('has bins of about equal mass', () => {
    expect(found?.shares).toHaveLength(10);
    for (const share of found?.shares ?? []) expect(share).toBeCloseTo(0.1, 5);
  });
});

describe('judgeDrift', () => {
  // Target 0.9, threshold 0.8.
  it.each([
    ['nothing seen', [], [], 'unknown', 0.8],
    ['too few confidences', Array(199).fill(0.99), [], 'unknown', 0.8],
    ['the same population', even(300), [], 'holds', 0.8],
    ['another population', Array(300).fill(0.99), [], 'raised population', 0.95],
    ['feedback as promised', [], judged(0.85, 45, 5), 'holds', 0.8],
    ['worse, but it may be chance', [], judged(0.85, 17, 3), 'holds', 0.8],
    ['too few judged', [], judged(0.85, 0, 19), 'unknown', 0.8],
    ['wrong everywhere', [], judged(0.85, 20, 20), 'off feedback', null],
    ['wrong below, right above', [], [...judged(0.85, 10, 20), ...judged(0.95, 39, 1)], 'raised feedback', 0.95],
    ['wrong below the threshold, where nothing was shown', [], judged(0.7, 0, 100), 'unknown', 0.8],
    ['feedback before population', Array(300).fill(0.99), judged(0.85, 20, 20), 'off feedback', null],
  ])('%s', (_, confidences, outcomes, expected, threshold) => {
    const status = judgeDrift(calibrator, confidences, outcomes);
    expect([status.state, status.because].filter(Boolean).join(' ')).toBe(expected);
    expect(status.threshold).toEqual(threshold === null ? null : expect.closeTo(threshold, 10));
  });

  it('says what holds for each group of queries', () => {
    const group = (language: string, minConfidence: number) => ({
      ...{ language, kind: 'question' as const, isotonic: { scores: [0.5], values: [0.4] }, minConfidence },
      ...{ questions: 300, right: 200, precision: 0.9, precisionLow: 0.85, shown: 100, calibrationError: 0.03 },
    });
    const { version: _, ...content } = calibrator;
    const grouped = sealCalibrator({ ...content, groups: [group('zh', 0.97), group('de', 0.6)] });
    const thresholds = (confidences: number[], outcomes: ReturnType<typeof judged>) =>
      judgeDrift(grouped, confidences, outcomes).groups.map(({ threshold }) => threshold);
    expect(judgeDrift(calibrator, [], []).groups).toEqual([]);
    expect(judgeDrift(grouped, [], []).groups).toEqual([
      { language: 'zh', kind: 'question', calibratedThreshold: 0.97, threshold: 0.97 },
      { language: 'de', kind: 'question', calibratedThreshold: 0.6, threshold: 0.6 },
    ]);
    const [zh, de] = thresholds(Array(300).fill(0.99), []);
    expect([zh, de]).toEqual([0.97, expect.closeTo(0.95, 10)]);
    expect(thresholds([], judged(0.85, 20, 20))).toEqual([null, null]);
    // What is listed is what is used.
    const monitor = new DriftMonitor({ calibrator: grouped });
    expect(monitor.status().groups.map((each) => monitor.threshold(each.calibratedThreshold))).toEqual([0.97, 0.6]);
  });

  it('cannot tell the population of a calibrator that names none', () => {
    const status = judgeDrift(sealCalibrator(calibratorContent()), Array(300).fill(0.99), []);
    expect([status.state, status.populationStability]).toEqual(['unknown', null]);
  });

  it('goes by the promise that was made on the site', () => {
    const guarantee = {
      date: '2026-01-01',
      basedOn: 'x',
      labels: 200,
      targetPrecision: 0.6,
      confidence: 0.95,
      shown: 90,
      right: 80,
      precisionLow: 0.8,
    };
    expect(judgeDrift(sealCalibrator({ ...calibratorContent(), guarantee }), [], judged(0.85, 30, 10)).state).toBe(
      'holds',
    );
  });
});

describe('DriftMonitor', () => {
  const answer = (requestId: string, confidence = 0.85, isShown = true) => ({
    requestId,
    tenant: 'ours',
    confidence,
    isShown,
  });

  it('turns answers off by feedback, remembers it, and on again when told to', () => {
    const kept: unknown[] = [];
    const monitor = new DriftMonitor({ calibrator, onChange: (memory) => kept.push(memory) });
    for (let index = 0; index < 30; index++) {
      monitor.observe(answer(`r${index}`));
      expect(monitor.judge('ours', `r${index}`, index % 2 === 0)).toBe(true);
    }
    expect(monitor.threshold(0.8)).toBe('off');
    expect(monitor.status().state).toBe('off');
    const memory = JSON.parse(JSON.stringify(kept.at(-1)));
    expect(new DriftMonitor({ calibrator, memory }).threshold(0.8)).toBe('off');
    expect(new DriftMonitor({ calibrator, memory: { ...memory, calibrator: 'another' } }).threshold(0.8)).toBe(0.8);
    monitor.reset();
    expect(monitor.threshold(0.8)).toBe(0.8);
  });

  it('raises a threshold, never lowers one', () => {
    const monitor = new DriftMonitor({ calibrator });
    for (let index = 0; index < 300; index++) monitor.observe(answer(`r${index}`, 0.99));
    expect(monitor.status()).toMatchObject({ state: 'raised', because: 'population', confidences: 300 });
    expect(monitor.threshold(0.8)).toBeCloseTo(0.95, 10);
    expect(monitor.threshold(0.97)).toBe(0.97);
  });

  it('lets an answer be judged once, by its own tenant, when it was shown', () => {
    const monitor = new DriftMonitor({ calibrator, awaiting: 2 });
    monitor.observe(answer('a'));
    monitor.observe(answer('hidden', 0.5, false));
    expect(monitor.judge('theirs', 'a', true)).toBe(false);
    expect(monitor.judge('ours', 'hidden', true)).toBe(false);
    expect(monitor.judge('ours', 'a', true)).toBe(true);
    expect(monitor.judge('ours', 'a', true)).toBe(false);
    for (const id of ['b', 'c', 'd']) monitor.observe(answer(id));
    expect(monitor.judge('ours', 'b', true)).toBe(false);
    expect(monitor.status().feedback).toMatchObject({ judged: 1, right: 1, precision: 1 });
    expect(monitor.status().feedback.precisionLow).toBeCloseTo(0.05, 10);
  });

  it('looks at the latest only', () => {
    const monitor = new DriftMonitor({ calibrator, confidenceWindow: 200, feedbackWindow: 20 });
    for (let index = 0; index < 300; index++) monitor.observe(answer(`old${index}`, 0.99));
    for (const [index, confidence] of even(200).entries()) monitor.observe(answer(`new${index}`, confidence));
    expect(monitor.status()).toMatchObject({ state: 'holds', confidences: 200 });
  });
});

it('a calibrator with and without a distribution is read back as it was sealed', () => {
  expect(parseCalibrator(JSON.stringify(calibrator), 'c.json')).toEqual(calibrator);
  const bad = { ...calibrator, distribution: { edges: [0.5], shares: [1] } };
  expect(() => parseCalibrator(JSON.stringify(bad), 'c.json')).toThrow(/one share more than edges/);
});
