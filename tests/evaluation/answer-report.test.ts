import { describe, expect, it } from 'vitest';
import { summariseAnswers } from '../../src/evaluation/answer-report.js';
import { answerTable } from '../../src/evaluation/answer-table.js';
import { record, shownRecord } from './records.js';

const quote = 'The Nile is 6,853 km long.';
const records = [
  // found first, right and shown, cited well; greedy says the same
  shownRecord('6,853 km', 0.9, quote, {
    id: 'a',
    documentIds: ['nile'],
    hits: ['nile', 'oslo'],
    retrieved: ['oslo', 'nile'],
    greedy: '6,853 km',
    greedyOfBestPassage: '6,853 km',
    timings: { hitsMs: 100, totalMs: 1000 },
  }),
  // found second, half right, below the threshold; greedy was better
  record({
    id: 'b',
    documentIds: ['nile'],
    hits: ['oslo', 'nile'],
    retrieved: ['oslo'],
    top: '6,853 miles',
    confidence: 0.6,
    greedy: '6,853 km',
    reason: 'low-confidence',
    timings: { hitsMs: 200, totalMs: 3000 },
  }),
  // not found and refused, wrongly
  record({
    id: 'c',
    documentIds: ['nile'],
    hits: ['oslo'],
    refused: true,
    reason: 'declined',
    timings: { hitsMs: 110 },
  }),
  // the passage is gone; the fact stood elsewhere and is right, but the quote at hand does not hold it
  shownRecord('6853 km', 0.8, 'A long river.', { id: 'd', answerable: false }),
  // written to look answerable: shown is wrong
  shownRecord('Cairo', 0.7, 'Cairo lies on it.', { id: 'e', answerable: false, answers: [] }),
  // refused rightly
  record({ id: 'f', answerable: false, answers: [], refused: true, reason: 'declined' }),
];
const figures = summariseAnswers(records);
const { metrics } = figures.report;

describe('summariseAnswers', () => {
  it.each([
    ['recallAt1', 1 / 3], // of a, b, c
    ['recallAt5', 2 / 3],
    ['recallAt20', 2 / 3],
    ['em', 1 / 3],
    ['f1', (1 + 0.5 + 0) / 3],
    ['f1Greedy', 2 / 3],
    ['coverageAt80', 2 / 3], // a and d
    ['coverageAt90', 2 / 3],
    ['coverageAt95', 2 / 3],
    ['aurc', (0 + 0 + 1 / 3 + 2 / 4) / 4], // a+ d+ e- b-
    ['ece', (0.1 + 0.2 + 0.7 + 0.6) / 4], // four answers, each its own bin
    ['shownShare', 3 / 6],
    ['precisionShown', 2 / 3],
    ['refusalRight', 1 / 3],
    ['refusalWrong', 1 / 3],
    ['citationPrecision', 1 / 3],
    ['citationRecall', 1 / 3],
    // b: "6 853 miles" and "6 853 km" share two of three words
    ['rougeL', (1 + 2 / 3 + 0) / 3],
    ['brier', (0.1 ** 2 + 0.2 ** 2 + 0.7 ** 2 + 0.6 ** 2) / 4],
    ['ace', (0.1 + 0.2 + 0.7 + 0.6) / 4],
    ['excessAurc', 0], // a, d, then the wrong ones: the best order
  ] as const)('%s', (name, value) => {
    expect(metrics[name].value).toBeCloseTo(value, 12);
    expect(metrics[name].low).toBeLessThanOrEqual(value);
    expect(metrics[name].high).toBeGreaterThanOrEqual(value);
  });

  it('has figures that explain them', () => {
    expect(figures.further.retrievedAt1.value).toBe(0);
    expect(figures.further.retrievedAt5.value).toBeCloseTo(1 / 3, 12);
    expect(figures.further.gainOverGreedy.value).toBeCloseTo(-0.5 / 3, 12);
    expect(figures.further.gainOverGreedyOfBestPassage.value).toBeCloseTo(0.5 / 3, 12);
    expect(figures.further.coverageShown.value).toBe(1);
    expect(figures.further.shownOnUnanswerable.value).toBeCloseTo(2 / 3, 12);
    expect(figures.reasons).toEqual({ shown: 3, 'low-confidence': 1, declined: 2 });
  });

  it('has exactly the documented shape', () => {
    expect(Object.keys(figures.report)).toEqual(
      'questions failed metrics latencyMs refusals thresholds riskCoverage reliability slices'.split(' '),
    );
    expect(Object.keys(metrics)).toEqual(
      'recallAt1 recallAt5 recallAt20 em f1 f1Greedy coverageAt80 coverageAt90 coverageAt95 aurc ece shownShare precisionShown refusalRight refusalWrong citationPrecision citationRecall rougeL brier ace excessAurc'.split(
        ' ',
      ),
    );
    for (const estimate of Object.values(metrics)) expect(Object.keys(estimate)).toEqual(['value', 'low', 'high']);
    expect(figures.report.latencyMs).toEqual({ hits: { p50: 110, p95: 191 }, total: { p50: 2000, p95: 2900 } });
  });

  it('counts what was done against what should have been', () => {
    expect(figures.report.refusals).toEqual({
      answerable: { shownRight: 1, shownWrong: 0, withheldRight: 0, withheldWrong: 1, refused: 1, none: 0 },
      unanswerable: { shownRight: 1, shownWrong: 1, withheldRight: 0, withheldWrong: 0, refused: 1, none: 0 },
    });
  });

  it('says what other thresholds would do', () => {
    expect(figures.report.riskCoverage).toEqual([
      { minConfidence: 0.9, shown: 1, precision: 1 },
      { minConfidence: 0.8, shown: 2, precision: 1 },
      { minConfidence: 0.7, shown: 3, precision: 2 / 3 },
      { minConfidence: 0.6, shown: 4, precision: 1 / 2 },
    ]);
    const rows = figures.report.thresholds;
    expect(rows.find(({ minConfidence }) => minConfidence === 0.5)).toMatchObject({ shown: 4, coverage: 4 / 3 });
    expect(rows.find(({ minConfidence }) => minConfidence === 0.95)).toMatchObject({ shown: 0, precision: null });
    expect(rows.find(({ targetPrecision }) => targetPrecision === 0.9)).toMatchObject({
      minConfidence: 0.8,
      shown: 2,
      precision: 1,
      low: expect.closeTo(0.342, 3), // Wilson, 2 of 2
    });
  });

  it('measures each kind and language alone', () => {
    const { kind, language } = figures.report.slices;
    expect(Object.keys(kind ?? {})).toEqual(['answerable', 'unanswerable']);
    expect(kind?.answerable).toMatchObject({ questions: 3, answerable: 3, metrics: { f1: { value: 0.5 } } });
    expect(language).toBeUndefined(); // One slice only.
    const spoken = records.map((one, index) => ({ ...one, language: index < 2 ? 'en' : 'zh' }));
    expect(summariseAnswers(spoken).report.slices.language?.en?.metrics.f1.value).toBe(0.75);
  });

  it.each([
    [false, 0],
    [null, 1],
  ])(
    'does not count a quote that is not in the corpus, and takes one at its word without a corpus: %s',
    (verbatim, precision) => {
      const [first] = records;
      const cited = { ...first!, shown: { ...first!.shown!, citation: { ...first!.shown!.citation, verbatim } } };
      expect(summariseAnswers([cited]).report.metrics.citationPrecision.value).toBe(precision);
    },
  );

  it('has no figure where nothing defines it', () => {
    const nothing = summariseAnswers([record({ answerable: false })]).report.metrics;
    for (const name of ['recallAt1', 'f1', 'coverageAt90', 'aurc', 'ece', 'precisionShown'] as const)
      expect(nothing[name]).toEqual({ value: null, low: null, high: null });
    expect(nothing.refusalRight.value).toBe(0);
  });
});

describe('answerTable', () => {
  it('shows every figure with its interval', () => {
    const table = answerTable(figures);
    expect(table).toContain('6 questions: 3 answerable, 3 unanswerable');
    expect(table).toMatch(/^recall@1 +33\.3 +\d+\.\d to \d+\.\d$/m);
    expect(table).toMatch(/^ {2}best of n minus greedy +-16\.7 /m);
    expect(table).toMatch(/^hits +110\.0 +191\.0$/m);
    expect(table).toMatch(/^shown, right +1 +1$/m);
    expect(table).toMatch(/^precision 90\.0 %, in hindsight +0\.8000 +2 +66\.7 +100\.0 +34\.2 to 100\.0$/m);
    expect(table).toMatch(/^unanswerable +3 /m);
    expect(table).toContain('outcomes: shown 3, declined 2, low-confidence 1');
  });
});
