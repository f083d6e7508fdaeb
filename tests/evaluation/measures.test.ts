import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exactMatch, isRight, tokenF1 } from '../../src/evaluation/measures/answer-score.js';
import { calibrationError, calibrationErrorByChance } from '../../src/evaluation/measures/calibration-error.js';
import { quoteHoldsAnswer } from '../../src/evaluation/measures/citation.js';
import { percentile } from '../../src/evaluation/measures/percentile.js';
import { foundWithin } from '../../src/evaluation/measures/recall.js';
import { areaUnderRiskCoverage, coverageAtPrecision } from '../../src/evaluation/measures/risk-coverage.js';
import { seededRandom } from '../../src/evaluation/random.js';

/** Answers as confidence and + (right) or - (wrong). */
const answers = (...given: [confidence: number, '+' | '-'][]) =>
  given.map(([confidence, sign]) => ({ confidence, right: sign === '+' }));

describe('answer scores', () => {
  const examples: { prediction: string; golds: string[]; exactMatch: number; f1: number; right: boolean }[] =
    JSON.parse(readFileSync(new URL('../fixtures/answer-scores.json', import.meta.url), 'utf8'));
  it.each(examples)('$prediction against $golds: as in training', ({ prediction, golds, ...expected }) => {
    expect(Number(exactMatch(prediction, golds))).toBe(expected.exactMatch);
    expect(tokenF1(prediction, golds)).toBeCloseTo(expected.f1, 9);
    expect(isRight(prediction, golds)).toBe(expected.right);
  });
});

it('finds a wanted document among the first k hits', () => {
  expect(foundWithin(1, ['a', 'b'], ['b'])).toBe(false);
  expect(foundWithin(2, ['a', 'b'], ['x', 'b'])).toBe(true);
  expect(foundWithin(5, [], ['b'])).toBe(false);
});

describe('coverageAtPrecision', () => {
  const five = answers([0.9, '+'], [0.8, '+'], [0.7, '-'], [0.6, '+'], [0.5, '-']);
  it.each([
    // precision of the first 1..5: 1, 1, 0.67, 0.75, 0.6
    [1, 2 / 4],
    [0.75, 4 / 4],
    [0.7, 4 / 4],
    [0.6, 5 / 4], // also shows what unanswerable questions had
  ])('at precision %d', (precision, coverage) => {
    expect(coverageAtPrecision(five, 4, precision)).toBeCloseTo(coverage, 12);
  });

  it('shows answers of equal confidence together', () => {
    const tied = answers([0.9, '+'], [0.8, '+'], [0.8, '-'], [0.7, '+']);
    expect(coverageAtPrecision(tied, 10, 0.9)).toBe(0.1);
    expect(coverageAtPrecision(tied, 10, 0.75)).toBe(0.4);
  });

  it('reaches a precision exactly', () => {
    const ten = answers(
      ...Array.from({ length: 10 }, (_, i) => [1 - i / 100, i === 0 ? '-' : '+'] as [number, '+' | '-']),
    );
    expect(coverageAtPrecision(ten, 10, 0.9)).toBe(1);
  });

  it('is 0 when no threshold reaches it, and nothing without answerable questions', () => {
    expect(coverageAtPrecision(answers([0.9, '-']), 3, 0.5)).toBe(0);
    expect(coverageAtPrecision([], 3, 0.5)).toBe(0);
    expect(coverageAtPrecision(answers([0.9, '+']), 0, 0.5)).toBeNull();
  });
});

describe('areaUnderRiskCoverage', () => {
  it.each([
    ['best first', answers([0.9, '+'], [0.8, '+'], [0.7, '-']), (0 + 0 + 1 / 3) / 3],
    ['worst first', answers([0.9, '-'], [0.8, '+'], [0.7, '+']), (1 + 1 / 2 + 1 / 3) / 3],
    ['ties in expectation', answers([0.5, '-'], [0.5, '+']), 1 / 2],
    ['all right', answers([0.5, '+']), 0],
  ])('%s', (_, given, area) => {
    expect(areaUnderRiskCoverage(given)).toBeCloseTo(area, 12);
  });

  it('is not defined without answers', () => {
    expect(areaUnderRiskCoverage([])).toBeNull();
  });
});

describe('calibrationErrorByChance', () => {
  it('is what drawing the outcomes by the confidences gives in the mean', () => {
    const random = seededRandom(7);
    const confidences = Array.from({ length: 300 }, (_, index) => (index + 0.5) / 300);
    const drawn = Array.from({ length: 400 }, () =>
      calibrationError(confidences.map((confidence) => ({ confidence, right: random() < confidence }))),
    );
    const mean = drawn.reduce<number>((total, error) => total + (error ?? 0), 0) / drawn.length;
    const expected = calibrationErrorByChance(confidences.map((confidence) => ({ confidence, right: false })));
    expect(expected).toBeGreaterThan(0.05);
    expect(Math.abs((expected ?? 0) - mean)).toBeLessThan(0.004);
  });

  it('nothing is left to chance where all is sure, and nothing is said of nothing', () => {
    expect(calibrationErrorByChance([{ confidence: 1, right: false }])).toBe(0);
    expect(calibrationErrorByChance([])).toBeNull();
  });
});

describe('calibrationError', () => {
  // bins of mass: {0.1-, 0.3+}, {0.6+, 0.9+}; of width: {0.1-, 0.3+}, {0.6+, 0.9+} with 2 bins
  const four = answers([0.6, '+'], [0.1, '-'], [0.9, '+'], [0.3, '+']);
  it('is the weighted gap of confidence and rightness in bins of equal mass', () => {
    expect(calibrationError(four, { bins: 2 })).toBeCloseTo((Math.abs(0.2 - 0.5) + Math.abs(0.75 - 1)) / 2, 12);
    expect(calibrationError(four, { bins: 4 })).toBeCloseTo((0.1 + 0.7 + 0.4 + 0.1) / 4, 12);
  });

  it('or of equal width', () => {
    const given = answers([0.1, '-'], [0.2, '-'], [0.4, '+'], [1, '-']);
    expect(calibrationError(given, { bins: 2, by: 'width' })).toBeCloseTo((3 / 4) * (1 / 3 - 0.7 / 3) + 1 / 4, 12);
  });

  it('is not defined without answers', () => {
    expect(calibrationError([])).toBeNull();
  });
});

it.each([
  ['The Nile is 6,853 km long.', ['6,853 km'], true],
  ['It cost US$3 per barrel.', ['$3'], true],
  ['It lasted one hundred-and-twenty days', ['hundredandtwenty'], true],
  ['In 19121 people', ['1912 '], true], // letter by letter
  ['about a nineteenth', ['the nine'], false],
  ['The Nile', ['the'], false],
  ['The Nile', [], false],
])('%s holds %j: %s', (quote, golds, holds) => {
  expect(quoteHoldsAnswer(quote, golds)).toBe(holds);
});

it.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2.5],
  [[10, 20], 0.95, 19.5],
  [[7], 0.95, 7],
  [[], 0.5, null],
])('percentile of %j at %d is %j', (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});
