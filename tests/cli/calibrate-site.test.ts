import { describe, expect, it } from 'vitest';
import { earlierRecords, prove, requireConsistent, toOutcomes, withGuarantee } from '../../src/cli/calibrate-site.js';
import { parseCalibrator, sealCalibrator } from '../../src/reward/calibrator.js';
import { record } from '../evaluation/records.js';
import { fakeCalibrator } from '../pipeline/fakes.js';

const found = { supported: true as const, minConfidence: 0.7, shown: 60, right: 58, precisionLow: 0.9 };
const promised = { labels: 200, targetPrecision: 0.9, confidence: 0.95 };

describe('a site calibrator', () => {
  it('is the one in use with another threshold, and a version of its own', () => {
    const base = fakeCalibrator();
    const site = withGuarantee(base, found, promised);
    expect(parseCalibrator(JSON.stringify(site), 'site')).toEqual(site);
    expect(site).toMatchObject({ minConfidence: 0.7, guarantee: { basedOn: base.version, labels: 200, right: 58 } });
    expect(site.version).not.toBe(base.version);
    expect({ ...site, version: '', minConfidence: 0, guarantee: undefined }).toEqual({
      ...base,
      version: '',
      minConfidence: 0,
      guarantee: undefined,
    });
  });

  it('has the proven threshold in all groups', () => {
    const { version: _, ...content } = fakeCalibrator();
    const group = {
      ...{ language: 'zh', kind: 'question' as const, isotonic: { scores: [0.5], values: [0.4] }, minConfidence: 0.95 },
      ...{ questions: 300, right: 200, precision: 0.9, precisionLow: 0.85, shown: 100, calibrationError: 0.03 },
    };
    const site = withGuarantee(sealCalibrator({ ...content, groups: [group] }), found, promised);
    expect(site.groups).toEqual([{ ...group, minConfidence: 0.7 }]);
  });

  it('can be made from an earlier one', () => {
    const first = withGuarantee(fakeCalibrator(), found, promised);
    const second = withGuarantee(first, { ...found, minConfidence: 0.8 }, { ...promised, labels: 400 });
    expect(second.guarantee).toMatchObject({ basedOn: first.version, labels: 400 });
  });
});

describe('queries that failed', () => {
  const target = { targetPrecision: 0.9, confidence: 0.95 };
  const right = Array.from({ length: 40 }, (_, index) =>
    record({ id: `right ${index}`, top: 'Cairo', answers: ['Cairo'], confidence: 0.9, reason: 'shown' }),
  );
  const failures = [
    record({ id: 'late', reason: 'deadline' }),
    // Scored in time and chosen too late: it has a confidence, and was never an answer of the service.
    ...Array.from({ length: 20 }, (_, index) =>
      record({ id: `late ${index}`, top: 'Rome', answers: ['Cairo'], confidence: 0.95, reason: 'deadline' }),
    ),
    record({ id: 'error', reason: 'failed', failure: 'retrieval-unavailable' }),
    record({ id: 'broken', reason: 'generator-unavailable' }),
  ];

  it('are no labels: neither the bound nor the number of labels counts them', () => {
    const silent = record({ id: 'silent', reason: 'not-a-question' });
    const { calibrator, counted, leftOut } = prove(fakeCalibrator(), [...failures, ...right, silent], target);
    expect(calibrator.guarantee).toMatchObject({ labels: 41, shown: 40, right: 40 });
    expect(calibrator).toEqual(prove(fakeCalibrator(), [...right, silent], target).calibrator);
    expect(counted.map(({ id }) => id)).toEqual([...right.map(({ id }) => id), 'silent']);
    expect(leftOut).toBe(
      'Left out, and asked again by the next run with the same --records: 1 whose search failed, ' +
        '21 whose answer missed its deadline, 1 whose generator, reward model or guard failed. ' +
        'Late ones need a quieter machine or a longer CANDOR_ANSWER_DEADLINE_MS.',
    );
  });

  it('are named where nothing is proven', () => {
    const some = () => prove(fakeCalibrator(), [...failures, ...right.slice(0, 5)], target);
    expect(some).toThrow(
      /5 labelled queries that count, 5 answered, 5 of these right\. About .*Left out.*: 1 whose search/,
    );
    expect(() => prove(fakeCalibrator(), failures, target)).toThrow(/0 answered.*So few say nothing/);
    expect(() => prove(fakeCalibrator(), right.slice(0, 5), target)).not.toThrow(/Left out/);
  });
});

describe('a target that is not proven', () => {
  const target = { targetPrecision: 0.9, confidence: 0.95 };
  const wrong = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      record({ id: `wrong ${index}`, top: 'Rome', answers: ['Cairo'], confidence: 0.9, reason: 'shown' }),
    );

  it('is called hopeless only when there are answers enough to tell', () => {
    const proving = (count: number) => () => prove(fakeCalibrator(), wrong(count), target);
    expect(proving(2)).toThrow(/2 answered, 0 of these right\. So few say nothing .* 29, all of them right/);
    expect(proving(28)).toThrow(/So few/);
    expect(proving(29)).toThrow(/more labels of the same kind would not change that/);
  });
});

describe('labels', () => {
  const label = (id: string, question: string, answers: string[]) => ({ id, question, answers, answerable: true });

  it('count where there is an answer with a probability', () => {
    const outcomes = toOutcomes([
      record({ id: 'a', top: 'Cairo', answers: ['Cairo'], confidence: 0.9 }),
      record({ id: 'b', top: 'Rome', answers: ['Cairo'], confidence: 0.4 }),
      record({ id: 'none', top: null, confidence: null }),
      record({ id: 'uncalibrated', top: 'Rome', confidence: null }),
      record({ id: 'nan', top: 'Rome', confidence: Number.NaN }),
      record({ id: 'above', top: 'Rome', confidence: 1.2 }),
    ]);
    expect(outcomes).toEqual([
      { confidence: 0.9, right: true },
      { confidence: 0.4, right: false },
    ]);
  });

  it('are gone on with when the calibrator is the same', () => {
    const earlier = [record({ id: 'a' }), record({ id: 'late', versions: { ...record().versions, calibrator: null } })];
    expect(earlierRecords(earlier, { version: 'c' })).toEqual(earlier);
    expect(() => earlierRecords(earlier, { version: 'other' }, 'asked.jsonl')).toThrow(
      /asked.jsonl: a was asked with the calibrator c, in use is other/,
    );
  });

  it.each([
    ['twice', [label('1', 'Where?', ['here']), label('2', 'where? ', ['here'])], /labels:.*is there twice \(1, 2\)/],
    [
      'conflicting',
      [label('1', 'Where?', ['here']), label('2', 'Where?', ['there'])],
      /two labels that differ \(1, 2\)/,
    ],
  ])('%s are refused', (_, questions, message) => {
    expect(() =>
      requireConsistent(
        questions.map((one) => ({ ...one, question: one.question.trim() })),
        'labels',
      ),
    ).toThrow(message);
  });
});
