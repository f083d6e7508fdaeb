import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CalibrationCase, fitCalibration, MIN_GROUP } from '../../src/reward/calibration.js';
import { parseCalibrator, sealCalibrator } from '../../src/reward/calibrator.js';
import { judgeDrift } from '../../src/reward/drift.js';
import { calibratorFor, groupName, lowestThreshold, type QueryGroup } from '../../src/reward/query-group.js';
import { calibratorContent } from './calibrators.js';

const english: QueryGroup = { language: 'en', kind: 'question' };
const chinese: QueryGroup = { language: 'zh', kind: 'question' };
const words: QueryGroup = { language: null, kind: 'keyword' };
const groups = [english, chinese, words] as const;

/** Right with the probability sigmoid(2 * reward), and `shift` less often where that is given. */
function simulate(count: number, group: QueryGroup | undefined, shift = 0, seed = 7): CalibrationCase[] {
  let state = seed;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return Array.from({ length: count }, (_, index) => {
    const rewardLogit = 4 * random() - 2;
    const features = {
      ...{ rewardLogit, margin: random(), agreement: 1, meanTokenLogprob: -random() },
      ...{ relevanceScore: random(), declineProbability: random() },
    };
    const right = random() < 1 / (1 + Math.exp(-2 * rewardLogit)) - shift;
    return { id: `${group ? groupName(group) : 'none'} ${index} ${seed}`, right, features, ...(group && { group }) };
  });
}

const withoutGroups = (cases: readonly CalibrationCase[]) => cases.map(({ group: _, ...one }) => one);
const MIN = 60;
const sizes = fc.array(fc.integer({ min: 0, max: MIN - 1 }), { minLength: 3, maxLength: 3 });

describe('groups without enough labels', () => {
  it('are pooled: the fit is the one of a file that names no groups', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 1000 }), ([a = 0, b = 0, c = 0], seed) => {
        const rest = simulate(100, undefined, 0, seed);
        const cases = [a, b, c].flatMap((size, index) => simulate(size, groups[index], 0.1, seed + index)).concat(rest);
        const { groups: found, served, ...fit } = fitCalibration(cases, { minGroup: MIN });
        const { groups: none, served: _, ...plain } = fitCalibration(withoutGroups(cases));
        expect(fit).toEqual(plain);
        expect(served).toEqual(fit.heldOut);
        expect(found.every(({ own, pooledBecause }) => own === null && pooledBecause !== null)).toBe(true);
        expect(none).toEqual([]);
      }),
      { numRuns: 3 },
    );
  });

  it('get the calibrator as it is, whatever groups of others there are', () => {
    const group = fc.record({
      language: fc.constantFrom('en', 'zh', null),
      kind: fc.constantFrom('question' as const, 'keyword' as const),
    });
    fc.assert(
      fc.property(fc.uniqueArray(group, { selector: groupName }), group, (own, asked) => {
        const entries = own.map((each, index) => ({ ...entry(0.5 + index / 100), ...each }));
        const calibrator = sealCalibrator({ ...calibratorContent(), ...(own.length > 0 && { groups: entries }) });
        const found = calibratorFor(calibrator, asked);
        const index = own.findIndex((each) => groupName(each) === groupName(asked));
        if (index < 0) expect(found).toBe(calibrator);
        else expect(found.minConfidence).toBe(0.5 + index / 100);
        expect(found.version).toBe(calibrator.version);
        expect(calibratorFor(found, asked)).toEqual(found);
        expect(lowestThreshold(calibrator)).toBe(own.length > 0 ? 0.5 : 0.8);
      }),
    );
  });

  it('neither do queries whose kind was not looked at have a group', () => {
    const calibrator = sealCalibrator({ ...calibratorContent(), groups: [{ ...entry(0.6), ...words }] });
    expect(calibratorFor(calibrator, {})).toBe(calibrator);
    expect(calibratorFor(calibrator, { kind: 'keyword' }).minConfidence).toBe(0.6);
  });
});

const entry = (minConfidence: number) => ({
  isotonic: { scores: [0.5], values: [0.4] },
  ...{ minConfidence, questions: 300, right: 200, precision: 0.9, precisionLow: 0.85, shown: 100 },
  calibrationError: 0.03,
});

describe('a group with enough labels', () => {
  const cases = [...simulate(900, english), ...simulate(MIN_GROUP + 100, chinese, 0.3, 9), ...simulate(40, words)];
  const fit = fitCalibration(cases);
  const of = (group: QueryGroup) => fit.groups.find((each) => groupName(each) === groupName(group));

  it('gets a map and a threshold of its own; the pooled ones do not change', () => {
    const plain = fitCalibration(withoutGroups(cases));
    expect(fit.isotonic).toEqual(plain.isotonic);
    expect(fit.threshold).toEqual(plain.threshold);
    expect(fit.heldOut).toEqual(plain.heldOut);
    expect(of(english)?.own?.isotonic).not.toEqual(fit.isotonic);
    expect(fit.groups.map(groupName)).toEqual(['en question', 'zh question', '? keyword']);
    expect(of(words)).toMatchObject({ own: null, pooledBecause: '40 questions with an answer, 200 are needed' });
  });

  it('is judged by how often its own answers are right', () => {
    const mean = (outcomes: readonly { confidence: number; right: boolean }[] = []) =>
      outcomes.reduce((sum, { confidence, right }) => sum + confidence - Number(right), 0) / outcomes.length;
    const places = cases.flatMap(({ group }, index) => (group === chinese ? [index] : []));
    const pooled = places.flatMap((index) => fit.heldOut[index] ?? []);
    const own = places.flatMap((index) => fit.served[index] ?? []);
    expect(mean(pooled)).toBeGreaterThan(0.15);
    expect(Math.abs(mean(own))).toBeLessThan(0.05);
    expect(own).toEqual(of(chinese)?.own?.heldOut);
    expect(of(chinese)?.own?.threshold.minConfidence).toBeGreaterThan(of(english)?.own?.threshold.minConfidence ?? 1);
  });

  it.each([
    ['one label less', [...simulate(300, english), ...simulate(MIN_GROUP - 1, chinese)], /^199 questions/],
    [
      'hardly a wrong answer',
      [...simulate(300, english), ...simulate(300, chinese).map((one, index) => ({ ...one, right: index > 5 }))],
      /^294 right and 6 wrong, 25 of each/,
    ],
  ])('is pooled with %s', (_, given, because) => {
    const found = fitCalibration(given).groups.find(({ language }) => language === 'zh');
    expect(found).toMatchObject({ own: null, pooledBecause: expect.stringMatching(because) });
  });

  it('is pooled when it is all there is', () => {
    const [only] = fitCalibration(simulate(300, english)).groups;
    expect(only).toMatchObject({ own: null, pooledBecause: expect.stringContaining('all but 0') });
  });
});

describe('a calibrator file', () => {
  const text = (content: Parameters<typeof sealCalibrator>[0]) => JSON.stringify(sealCalibrator(content));

  it('keeps groups under its version, and refuses one twice', () => {
    const chineseGroup = { ...entry(0.9), ...chinese };
    const read = parseCalibrator(text({ ...calibratorContent(), groups: [chineseGroup] }), 'file');
    expect(read.groups).toEqual([chineseGroup]);
    expect(read.version).not.toBe(sealCalibrator(calibratorContent()).version);
    const twice = text({ ...calibratorContent(), groups: [chineseGroup, chineseGroup] });
    expect(() => parseCalibrator(twice, 'file')).toThrow(/each group once/);
    expect(() => parseCalibrator(text({ ...calibratorContent(), groups: [] }), 'file')).toThrow(/file/);
  });

  it('has its shown answers judged from the lowest threshold on', () => {
    const calibrator = sealCalibrator({ ...calibratorContent(), groups: [{ ...entry(0.6), ...chinese }] });
    const outcomes = [0.59, 0.6, 0.7, 0.9].map((confidence) => ({ confidence, right: true }));
    expect(judgeDrift(calibrator, [], outcomes).feedback.judged).toBe(3);
    expect(judgeDrift(sealCalibrator(calibratorContent()), [], outcomes).feedback.judged).toBe(1);
  });
});
