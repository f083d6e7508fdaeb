import type { AnswerRecord } from './answer-record.js';
import { type BootstrapOptions, bootstrap, type Estimate, type Measure, meanOf } from './bootstrap.js';
import { type JudgedAnswer, judge } from './judge.js';
import { calibrationError } from './measures/calibration-error.js';
import { percentile } from './measures/percentile.js';
import { areaUnderRiskCoverage, coverageAtPrecision, type RankedAnswer } from './measures/risk-coverage.js';

const answerable = (value: (one: JudgedAnswer) => number) => (one: JudgedAnswer) =>
  one.answerable ? value(one) : null;
const unanswerable = (value: (one: JudgedAnswer) => number) => (one: JudgedAnswer) =>
  one.answerable ? null : value(one);
const shown = (value: (answer: NonNullable<JudgedAnswer['shown']>) => boolean) => (one: JudgedAnswer) =>
  one.shown && Number(value(one.shown));
const within = (field: 'foundWithin' | 'retrievedWithin', k: 1 | 5 | 20) =>
  meanOf<JudgedAnswer>((one) => one[field] && Number(one[field][k]));
const ofAnswers =
  (measure: (answers: RankedAnswer[]) => number | null): Measure<JudgedAnswer> =>
  (sample) =>
    measure(sample.map(({ answer }) => answer).filter((answer) => answer !== null));
const coverageAt =
  (precision: number): Measure<JudgedAnswer> =>
  (sample) => {
    const count = sample.filter((one) => one.answerable).length;
    return ofAnswers((answers) => (answers.length === 0 ? null : coverageAtPrecision(answers, count, precision)))(
      sample,
    );
  };

/** The figures of a report. `docs/evaluation.md` defines each. */
export const ANSWER_METRICS = {
  recallAt1: within('foundWithin', 1),
  recallAt5: within('foundWithin', 5),
  recallAt20: within('foundWithin', 20),
  em: meanOf(answerable(({ em }) => em)),
  f1: meanOf(answerable(({ f1 }) => f1)),
  f1Greedy: meanOf(answerable(({ f1Greedy }) => f1Greedy)),
  coverageAt80: coverageAt(0.8),
  coverageAt90: coverageAt(0.9),
  coverageAt95: coverageAt(0.95),
  aurc: ofAnswers(areaUnderRiskCoverage),
  ece: ofAnswers(calibrationError),
  shownShare: meanOf((one) => Number(one.shown !== null)),
  precisionShown: meanOf(shown(({ right }) => right)),
  refusalRight: meanOf(unanswerable(({ refused }) => Number(refused))),
  refusalWrong: meanOf(answerable(({ refused }) => Number(refused))),
  citationPrecision: meanOf(shown(({ citationHolds }) => citationHolds)),
} satisfies Record<string, Measure<JudgedAnswer>>;

/** Figures that explain the others; for people, not part of the JSON report. */
export const FURTHER_METRICS = {
  retrievedAt1: within('retrievedWithin', 1),
  retrievedAt5: within('retrievedWithin', 5),
  retrievedAt20: within('retrievedWithin', 20),
  f1GreedyOfBestPassage: meanOf(answerable((one) => one.f1GreedyOfBestPassage)),
  gainOverGreedy: meanOf(answerable((one) => one.f1 - one.f1Greedy)),
  gainOverGreedyOfBestPassage: meanOf(answerable((one) => one.f1 - one.f1GreedyOfBestPassage)),
  coverageShown: (sample) => {
    const count = sample.filter((one) => one.answerable).length;
    return count === 0 ? null : sample.filter((one) => one.shown).length / count;
  },
  shownOnUnanswerable: meanOf(unanswerable((one) => Number(one.shown !== null))),
  eceEqualWidth: ofAnswers((answers) => calibrationError(answers, { by: 'width' })),
} satisfies Record<string, Measure<JudgedAnswer>>;

export type AnswerMetric = keyof typeof ANSWER_METRICS;
export type FurtherMetric = keyof typeof FURTHER_METRICS;

/** What `--json` writes. */
export interface AnswerReport {
  questions: number;
  metrics: Record<AnswerMetric, Estimate>;
  /** By stage, such as `retrieval`; only stages that ran. */
  latencyMs: Record<string, { p50: number; p95: number }>;
}

/** The report, and what the table shows besides. */
export interface AnswerFigures {
  report: AnswerReport;
  further: Record<FurtherMetric, Estimate>;
  answerable: number;
  /** How often each reason was given. */
  reasons: Record<string, number>;
}

/** All figures of a run, with 95 % bootstrap intervals by question. */
export function summariseAnswers(records: readonly AnswerRecord[], options: BootstrapOptions = {}): AnswerFigures {
  // Sorted once: resamples keep the order, and sorting what is sorted is cheap.
  const judged = records.map(judge).sort((a, b) => (b.answer?.confidence ?? -1) - (a.answer?.confidence ?? -1));
  const estimates = bootstrap(judged, { ...ANSWER_METRICS, ...FURTHER_METRICS }, options);
  const pick = <Name extends keyof typeof estimates>(names: Name[]) =>
    Object.fromEntries(names.map((name) => [name, estimates[name]])) as Record<Name, Estimate>;
  return {
    report: {
      questions: records.length,
      metrics: pick(Object.keys(ANSWER_METRICS) as AnswerMetric[]),
      latencyMs: latencies(records),
    },
    further: pick(Object.keys(FURTHER_METRICS) as FurtherMetric[]),
    answerable: records.filter((record) => record.answerable).length,
    reasons: countBy(records.map(({ reason }) => reason)),
  };
}

function latencies(records: readonly AnswerRecord[]): AnswerReport['latencyMs'] {
  const stages = new Map<string, number[]>();
  for (const [name, ms] of records.flatMap(({ timings }) => Object.entries(timings))) {
    const stage = name.replace(/Ms$/, '');
    const values = stages.get(stage);
    if (values) values.push(ms);
    else stages.set(stage, [ms]);
  }
  const entries = [...stages].map(([stage, values]) => [
    stage,
    { p50: round(percentile(values, 0.5)), p95: round(percentile(values, 0.95)) },
  ]);
  return Object.fromEntries(entries);
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

const round = (value: number | null) => Math.round((value ?? 0) * 100) / 100;
