import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { clapnqSet, quotesumSet } from '../../benchmarks/cited-sets.mjs';
import {
  answerFiguresSchema,
  aurcReduction,
  boundTrials,
  citationHolds,
  coverageAt,
  ece,
  figure,
  shareFigure,
  shownOnUnanswerable,
  TRUST_METRICS,
  type TrustCase,
  toCase,
  trustMetrics,
} from '../../benchmarks/trust-metrics.js';
import { record, shownRecord } from '../evaluation/records.js';

const one = (confidence: number, right: boolean, more: Partial<TrustCase> = {}): TrustCase => ({
  answerable: true,
  answer: { confidence, right, reward: 0, relevance: 0, meanLogprob: 0 },
  shown: false,
  citationHolds: null,
  ...more,
});

describe('toCase', () => {
  const features = { rewardLogit: 2, relevanceScore: 0.4, meanTokenLogprob: -0.1 };
  const nile = shownRecord('6,853 km', 0.9, 'It is 6,853 km long.', { features });

  it('takes what was recorded', () => {
    expect(toCase(nile)).toEqual({
      answerable: true,
      answer: { confidence: 0.9, right: true, reward: 2, relevance: 0.4, meanLogprob: -0.1 },
      shown: true,
      citationHolds: true,
    });
    expect(toCase(record())).toEqual({ answerable: true, answer: null, shown: false, citationHolds: null });
  });

  it('takes the confidence of another calibrator', () => {
    const with_ = (confidence: number) => toCase(nile, () => ({ confidence, minConfidence: 0.8 }));
    expect([with_(0.79).shown, with_(0.8).shown]).toEqual([false, true]);
    expect(with_(Number.NaN)).toMatchObject({ answer: null, shown: false });
    expect(with_(1.2)).toMatchObject({ answer: null, shown: false });
    expect(toCase(nile, () => null).answer).toBeNull();
  });

  it('goes by the quoted sentence where the answer is a long one', () => {
    const supportingSentences = ['It is 6,853 km long .'];
    const long = record({
      top: 'long',
      confidence: 0.9,
      features,
      supportingSentences,
      answers: ['A very long river.'],
    });
    expect(toCase({ ...long, quote: 'It is 6,853 km long.' }).answer?.right).toBe(true);
    expect(toCase({ ...long, quote: 'It is wide.' }).answer?.right).toBe(false);
    expect(toCase(long).answer?.right).toBe(false);
  });
});

describe('what trust.json holds', () => {
  /** Forty questions: every fifth has no answer, the surer half of the answers is shown, the surest are right. */
  const cases = Array.from({ length: 40 }, (_, index) => {
    const confidence = (index + 1) / 41;
    const features = { rewardLogit: confidence, relevanceScore: (index % 7) / 7, meanTokenLogprob: -((index % 5) + 1) };
    const given = { id: `q${index}`, features, answerable: index % 5 !== 0 };
    const text = index > 8 ? '6,853 km' : 'Cairo';
    if (confidence >= 0.5) return toCase(shownRecord(text, confidence, `It is ${text} long.`, given));
    return toCase(record({ ...given, top: text, confidence, reason: 'low-confidence' }));
  });
  const few = { trials: 10, resamples: 30 };
  const guard = { value: 0.01, low: 0, high: 0.03, n: 240 };
  const guards = { attackSuccess: guard, harmlessBlocked: { ...guard, n: 17_000 } };

  it('is each figure with its value, interval and number', () => {
    const metrics = trustMetrics({ natural: cases, adversarial: cases, clapnq: cases, quotesum: cases }, guards, few);
    expect(Object.keys(metrics)).toEqual([...TRUST_METRICS]);
    for (const name of TRUST_METRICS) {
      const found = metrics[name];
      expect(Object.keys(found), name).toEqual(['value', 'low', 'high', 'n']);
      expect(found.low, name).toBeLessThanOrEqual(found.high ?? Number.NaN);
      expect(found.n, name).toBeGreaterThan(0);
    }
    expect(metrics.shownOnUnanswerable).toMatchObject({ value: 0.5, n: 32 });
    expect(metrics.citationPrecision).toMatchObject({ value: 1, n: 80 });
    expect(metrics.boundHeld.n).toBe(10);
    expect(metrics.attackSuccess).toEqual(guard);
  });

  it("is null for what was not given: a site's own records are a natural set", () => {
    const metrics = trustMetrics({ natural: cases, adversarial: [], clapnq: [], quotesum: [] }, {}, few);
    expect(metrics.eceNatural.n).toBe(40);
    for (const name of ['eceClapnq', 'coverageAt90Adversarial', 'attackSuccess'] as const)
      expect(metrics[name], name).toEqual({ value: null, low: null, high: null, n: 0 });
  });

  it('takes figures of an earlier evaluation, as far as they tell', () => {
    const estimate = { value: 0.75, low: 0.7, high: 0.8 };
    const figures = answerFiguresSchema.parse({
      metrics: { ece: estimate, coverageAt90: estimate, coverageAt95: estimate, citationPrecision: estimate, f1: 1 },
      refusals: {
        answerable: { shownRight: 5, shownWrong: 2, withheldRight: 3, withheldWrong: 4, refused: 6, none: 1 },
        unanswerable: { shownRight: 0, shownWrong: 1, withheldRight: 0, withheldWrong: 2, refused: 7, none: 0 },
      },
    });
    const metrics = trustMetrics({ natural: figures, adversarial: [], clapnq: [], quotesum: [] }, {}, few);
    expect(metrics.eceNatural).toEqual({ ...estimate, n: 17 });
    expect(metrics.coverageAt95Natural).toEqual({ ...estimate, n: 21 });
    expect(metrics.shownOnUnanswerable).toMatchObject({ value: 0.1, n: 10 });
    expect(metrics.citationPrecision).toMatchObject({ value: 0.75, n: 8 });
    for (const name of ['boundHeld', 'aurcReduction', 'eceClapnq'] as const) expect(metrics[name].n, name).toBe(0);
    const both = trustMetrics({ natural: figures, adversarial: cases, clapnq: [], quotesum: [] }, {}, few);
    expect(both.shownOnUnanswerable).toMatchObject({ value: 5 / 18, n: 18 });
    expect(both.citationPrecision.n).toBe(28);
  });

  it('is what the file in the repository looks like', async () => {
    const file = JSON.parse(await readFile('benchmarks/results/trust.json', 'utf8'));
    expect(Object.keys(file)).toEqual(['metrics']);
    expect(Object.keys(file.metrics)).toEqual([...TRUST_METRICS]);
    for (const found of Object.values(file.metrics))
      expect(Object.keys(found as object)).toEqual(['value', 'low', 'high', 'n']);
  });
});

describe('measures', () => {
  const cases = [one(0.9, true), one(0.8, true), one(0.7, false), one(0.6, true, { answerable: false, shown: true })];
  it.each([
    ['coverage at 90 %', coverageAt(0.9), 2 / 3],
    ['calibration error', ece, (0.1 + 0.2 + 0.7 + 0.4) / 4],
    ['shown on unanswerable', shownOnUnanswerable, 1],
    ['citations, none shown', citationHolds, null],
  ] as const)('%s', (_, measure, expected) => {
    expect(measure(cases)).toEqual(expected === null ? null : expect.closeTo(expected, 10));
  });

  it('holds the area against the better baseline', () => {
    const answers = [
      { confidence: 0.9, right: true, reward: 0, relevance: 0.1, meanLogprob: -0.1 },
      { confidence: 0.1, right: false, reward: 0, relevance: 0.9, meanLogprob: -0.2 },
    ];
    const own = (0 + 1 / 2) / 2; // right one first; so does the log-probability, and there is nothing to gain
    expect(own).toBe(0.25);
    expect(aurcReduction(answers.map((answer) => ({ ...one(0, true), answer })))).toBe(0);
    const worse = answers.map((answer) => ({
      ...one(0, true),
      answer: { ...answer, meanLogprob: -answer.confidence },
    }));
    expect(aurcReduction(worse)).toBeCloseTo(1 - 0.25 / 0.75, 12);
  });

  it('says that nothing was given', () => {
    expect(figure([], ece, () => true)).toEqual({ value: null, low: null, high: null, n: 0 });
    expect(shareFigure([])).toEqual({ value: null, low: null, high: null, n: 0 });
    expect(boundTrials([])).toEqual([]);
  });
});

describe('boundTrials', () => {
  /** Right or wrong whatever the confidence: the same share is right above every threshold, but for chance. */
  const site = (precision: number) =>
    Array.from({ length: 400 }, (_, index) => one(0.5 + ((index * 149) % 400) / 1000, index < precision * 400));

  it('proves what is true, and keeps its promise', () => {
    const trials = boundTrials(site(0.99), { trials: 50 });
    expect(trials.filter(({ supported }) => supported).length).toBeGreaterThan(40);
    expect(trials.every(({ held }) => held)).toBe(true);
  });

  it('seldom proves what is just not true', () => {
    const trials = boundTrials(site(0.89), { trials: 300 });
    expect(trials.filter(({ held }) => !held).length).toBeLessThanOrEqual(300 * 0.1);
  });
});

describe('cited sets', () => {
  it('keeps the sentences that hold a long answer, and leaves out annotations without one', () => {
    const passage = { title: 'Nile', text: 'It is long . It is wide .', sentences: [] };
    const output = [
      { answer: 'Long.', selected_sentences: ['It is long .'], meta: { skip: false } },
      { answer: 'Wide.', selected_sentences: ['It is wide .'], meta: { skip: true } },
    ];
    const { documents, questions } = clapnqSet([
      { id: '1', input: 'how long', passages: [passage], output },
      { id: '2', input: 'how old', passages: [passage], output: [{ answer: '', selected_sentences: [] }] },
    ]);
    expect(documents).toHaveLength(1);
    expect(questions).toEqual([
      {
        id: '1',
        question: 'how long',
        answers: ['Long.'],
        answerable: true,
        documentIds: [documents[0]!.id],
        supportingSentences: ['It is long .'],
        language: 'en',
        kind: 'answerable',
      },
      { id: '2', question: 'how old', answers: [], answerable: false, language: 'en', kind: 'unanswerable' },
    ]);
  });

  it('takes any of the short answers, and each question once', () => {
    const row = {
      qid: 'q',
      question: 'who',
      title1: 'A',
      source1: 'a',
      short_ans_1: 'x',
      title2: 'B',
      source2: 'b',
      short_ans_2: 'y',
    };
    const { documents, questions } = quotesumSet([row, row]);
    expect(questions).toHaveLength(1);
    expect(questions[0]).toMatchObject({ answers: ['x', 'y'], documentIds: documents.map(({ id }) => id) });
  });
});
