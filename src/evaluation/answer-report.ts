import { type AnswerExamples, answerExamples } from './answer-examples.js';
import { ANSWER_METRICS, type AnswerMetric, FURTHER_METRICS, type FurtherMetric } from './answer-metrics.js';
import { type AnswerSlices, sliceAnswers } from './answer-slices.js';
import { type BootstrapOptions, bootstrap, type Estimate } from './bootstrap.js';
import { judge } from './judge.js';
import type { JudgeComparison } from './judge-comparison.js';
import { type ReliabilityBin, reliabilityBins } from './measures/calibration-error.js';
import { percentile } from './measures/percentile.js';
import { type RankedAnswer, type RiskCoveragePoint, riskCoverageCurve } from './measures/risk-coverage.js';
import type { RecordedAnswer } from './plain-answer.js';
import { type RefusalMatrix, refusalMatrix } from './refusals.js';
import { type ThresholdRow, thresholdTable } from './thresholds.js';

/** What `--json` writes. */
export interface AnswerReport {
  questions: number;
  /** Of these, whose search gave not even hits; in every figure they count as nothing found and nothing answered. */
  failed: number;
  metrics: Record<AnswerMetric, Estimate>;
  /** By stage, such as `retrieval`; only stages that ran. */
  latencyMs: Record<string, { p50: number; p95: number }>;
  refusals: RefusalMatrix;
  thresholds: ThresholdRow[];
  /** A point for every confidence that occurs, falling. */
  riskCoverage: RiskCoveragePoint[];
  /** 15 bins of equal mass, by rising confidence. */
  reliability: ReliabilityBin[];
  slices: AnswerSlices;
  /** What a judge without gold answers says, beside them. Only where one was asked for. */
  judge?: JudgeComparison;
}

/** The report, and what the table shows besides. */
export interface AnswerFigures {
  report: AnswerReport;
  further: Record<FurtherMetric, Estimate>;
  answerable: number;
  /** How often each reason was given. */
  reasons: Record<string, number>;
  /** Best candidates with a confidence, and whether they were right; the surest first. */
  ranked: RankedAnswer[];
  examples: AnswerExamples;
}

export interface SummaryOptions extends BootstrapOptions {
  /** Text of a document of the corpus: quotes of plain answers are held against it. */
  textOf?: (documentId: string) => string | undefined;
}

/** All figures of a run, with 95 % bootstrap intervals by question. */
export function summariseAnswers(
  recorded: readonly RecordedAnswer[],
  { textOf, ...options }: SummaryOptions = {},
): AnswerFigures {
  // Sorted once: resamples keep the order, and sorting what is sorted is cheap.
  const inOrder = recorded.map((answer) => judge(answer, textOf));
  const judged = inOrder.toSorted((a, b) => (b.answer?.confidence ?? -1) - (a.answer?.confidence ?? -1));
  const ranked = judged.flatMap(({ answer }) => answer ?? []);
  const estimates = bootstrap(judged, { ...ANSWER_METRICS, ...FURTHER_METRICS }, options);
  const pick = <Name extends keyof typeof estimates>(names: Name[]) =>
    Object.fromEntries(names.map((name) => [name, estimates[name]])) as Record<Name, Estimate>;
  return {
    report: {
      questions: recorded.length,
      failed: judged.filter(({ reason }) => reason === 'failed').length,
      metrics: pick(Object.keys(ANSWER_METRICS) as AnswerMetric[]),
      latencyMs: latencies(recorded),
      refusals: refusalMatrix(judged),
      thresholds: thresholdTable(judged),
      riskCoverage: riskCoverageCurve(ranked),
      reliability: reliabilityBins(ranked),
      slices: sliceAnswers(judged, options),
    },
    ranked,
    further: pick(Object.keys(FURTHER_METRICS) as FurtherMetric[]),
    answerable: judged.filter((one) => one.answerable).length,
    reasons: countBy(judged.map(({ reason }) => reason)),
    examples: answerExamples(recorded, inOrder),
  };
}

function latencies(recorded: readonly RecordedAnswer[]): AnswerReport['latencyMs'] {
  const stages = new Map<string, number[]>();
  for (const [name, ms] of recorded.flatMap(({ timings }) => Object.entries(timings))) {
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
