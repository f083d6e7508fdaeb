import { type Measure, meanOf } from './bootstrap.js';
import type { JudgedAnswer } from './judge.js';
import { brierScore } from './measures/brier-score.js';
import { adaptiveCalibrationError, calibrationError, calibrationErrorByChance } from './measures/calibration-error.js';
import {
  areaUnderRiskCoverage,
  coverageAtPrecision,
  excessRiskCoverage,
  type RankedAnswer,
} from './measures/risk-coverage.js';

const answerable = (value: (one: JudgedAnswer) => number | null) => (one: JudgedAnswer) =>
  one.answerable ? value(one) : null;
const unanswerable = (value: (one: JudgedAnswer) => number) => (one: JudgedAnswer) =>
  one.answerable ? null : value(one);
const shown = (value: (answer: NonNullable<JudgedAnswer['shown']>) => boolean | number | null) => (one: JudgedAnswer) =>
  one.shown && orNull(value(one.shown));
const orNull = (value: boolean | number | null) => (value === null ? null : Number(value));
const share = (part: number, of: number) => (of === 0 ? null : part / of);
const minus = (a: number, b: number | null) => (b === null ? null : a - b);
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
  citationPrecision: meanOf(shown(({ citations }) => citations && share(citations.hold, citations.count))),
  citationRecall: meanOf(shown(({ citations }) => citations && citations.hold > 0)),
  rougeL: meanOf(answerable((one) => one.rougeL)),
  brier: ofAnswers(brierScore),
  ace: ofAnswers((answers) => adaptiveCalibrationError(answers)),
  excessAurc: ofAnswers(excessRiskCoverage),
} satisfies Record<string, Measure<JudgedAnswer>>;

/** Figures that explain the others; for people, not part of the JSON report. */
export const FURTHER_METRICS = {
  retrievedAt1: within('retrievedWithin', 1),
  retrievedAt5: within('retrievedWithin', 5),
  retrievedAt20: within('retrievedWithin', 20),
  f1GreedyOfBestPassage: meanOf(answerable((one) => one.f1GreedyOfBestPassage)),
  gainOverGreedy: meanOf(answerable((one) => minus(one.f1, one.f1Greedy))),
  gainOverGreedyOfBestPassage: meanOf(answerable((one) => minus(one.f1, one.f1GreedyOfBestPassage))),
  coverageShown: (sample) => {
    const count = sample.filter((one) => one.answerable).length;
    return count === 0 ? null : sample.filter((one) => one.shown).length / count;
  },
  shownOnUnanswerable: meanOf(unanswerable((one) => Number(one.shown !== null))),
  eceByChance: ofAnswers((answers) => calibrationErrorByChance(answers)),
  overconfidence: meanOf(({ answer }) => answer && answer.confidence - Number(answer.right)),
  eceEqualWidth: ofAnswers((answers) => calibrationError(answers, { by: 'width' })),
} satisfies Record<string, Measure<JudgedAnswer>>;

export type AnswerMetric = keyof typeof ANSWER_METRICS;
export type FurtherMetric = keyof typeof FURTHER_METRICS;
