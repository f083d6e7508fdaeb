import type { AnswerRecord } from '../src/evaluation/answer-record.js';
import { type BootstrapOptions, bootstrap, type Measure, meanOf } from '../src/evaluation/bootstrap.js';
import { calibrationError } from '../src/evaluation/measures/calibration-error.js';
import { quoteHoldsAnswer } from '../src/evaluation/measures/citation.js';
import {
  areaUnderRiskCoverage,
  coverageAtPrecision,
  type RankedAnswer,
} from '../src/evaluation/measures/risk-coverage.js';
import { seededRandom } from '../src/evaluation/random.js';
import { isRightAnswer } from '../src/evaluation/right-answer.js';
import { wilsonInterval } from '../src/evaluation/wilson-interval.js';
import { guaranteedThreshold } from '../src/reward/guaranteed-threshold.js';

// The figures of `npm run eval:trust`; pure functions of records.

/** A figure with its 95 % interval; `n` is what it is a figure of, and 0 where nothing was given to measure. */
export interface TrustFigure {
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

export const TRUST_METRICS = [
  'eceNatural',
  'eceClapnq',
  'eceQuotesum',
  'coverageAt90Natural',
  'coverageAt95Natural',
  'coverageAt90Adversarial',
  'shownOnUnanswerable',
  'boundHeld',
  'attackSuccess',
  'harmlessBlocked',
  'citationPrecision',
  'citationRecall',
  'aurcReduction',
] as const;

export type TrustMetric = (typeof TRUST_METRICS)[number];

export const TRUST_SETS = ['natural', 'adversarial', 'clapnq', 'quotesum'] as const;

export type TrustSet = (typeof TRUST_SETS)[number];

/** A recorded question, as far as trust goes. */
export interface TrustCase {
  answerable: boolean;
  /** The best candidate; `null` when there is none with a confidence. */
  answer: (RankedAnswer & { reward: number; relevance: number; meanLogprob: number }) | null;
  shown: boolean;
  /** Whether the citation of the shown answer holds; `null` when none was shown. */
  citationHolds: boolean | null;
}

/** @param confidenceOf Replaces the recorded confidence and threshold; see `--calibrator`. */
export function toCase(
  record: AnswerRecord,
  confidenceOf?: (record: AnswerRecord) => { confidence: number; minConfidence: number } | null,
): TrustCase {
  const { answerable, answers, features, shown, supportingSentences } = record;
  const again = confidenceOf?.(record);
  const confidence = confidenceOf ? (again?.confidence ?? null) : record.confidence;
  const isProbability = confidence !== null && confidence >= 0 && confidence <= 1;
  const score = (name: string) => features?.[name] ?? 0;
  const holds = (quote: string) => quoteHoldsAnswer(quote, answers) || (supportingSentences?.includes(quote) ?? false);
  return {
    answerable,
    answer: isProbability
      ? {
          confidence,
          right: isRightAnswer(record),
          reward: score('rewardLogit'),
          relevance: score('relevanceScore'),
          meanLogprob: score('meanTokenLogprob'),
        }
      : null,
    shown: confidenceOf ? isProbability && confidence >= (again?.minConfidence ?? 1) : shown !== null,
    citationHolds: shown === null ? null : shown.citation.verbatim && holds(shown.citation.quote),
  };
}

const answersOf = (cases: readonly TrustCase[]) => cases.flatMap(({ answer }) => answer ?? []);

export const ece: Measure<TrustCase> = (cases) => calibrationError(answersOf(cases));

export const coverageAt =
  (precision: number): Measure<TrustCase> =>
  (cases) =>
    coverageAtPrecision(answersOf(cases), cases.filter(({ answerable }) => answerable).length, precision);

export const shownOnUnanswerable: Measure<TrustCase> = meanOf((one) => (one.answerable ? null : Number(one.shown)));

export const citationHolds: Measure<TrustCase> = meanOf((one) =>
  one.citationHolds === null ? null : Number(one.citationHolds),
);

const BASELINES = ['reward', 'relevance', 'meanLogprob'] as const;

/** Area under the risk-coverage curve when answers are ordered by a score; `confidence` is ours. */
export const aurcBy =
  (score: 'confidence' | (typeof BASELINES)[number]): Measure<TrustCase> =>
  (cases) =>
    areaUnderRiskCoverage(answersOf(cases).map((answer) => ({ confidence: answer[score], right: answer.right })));

/** How far the area lies below that of the better of the two baselines without calibrator, as a share of it. */
export const aurcReduction: Measure<TrustCase> = (cases) => {
  const own = aurcBy('confidence')(cases);
  const rivals = [aurcBy('relevance')(cases), aurcBy('meanLogprob')(cases)].filter((area) => area !== null);
  const best = Math.min(...rivals);
  return own === null || rivals.length === 0 || best === 0 ? null : 1 - own / best;
};

/** A measure with its bootstrap interval over the questions. */
export function figure(
  cases: readonly TrustCase[],
  measure: Measure<TrustCase>,
  countOf: (one: TrustCase) => boolean,
  options: BootstrapOptions = {},
): TrustFigure {
  const { estimate } = bootstrap(cases, { estimate: measure }, options);
  return { ...estimate, n: cases.filter(countOf).length };
}

/** A share that is often 0 or 1, where the bootstrap has no interval: Wilson's. */
export function shareFigure(outcomes: readonly boolean[]): TrustFigure {
  const successes = outcomes.filter(Boolean).length;
  const interval = wilsonInterval(successes, outcomes.length);
  const value = outcomes.length === 0 ? null : successes / outcomes.length;
  return { value, low: interval?.low ?? null, high: interval?.high ?? null, n: outcomes.length };
}

export interface BoundTrial {
  /** Labels proved a threshold. */
  supported: boolean;
  /** The promise was kept: nothing was promised, or at that threshold at least the target is right. */
  held: boolean;
}

/**
 * Calibrates again and again on labels that are drawn with replacement from the recorded questions, and holds each proven
 * threshold against all of them: they are the site, so its precision there is known exactly.
 */
export function boundTrials(
  cases: readonly TrustCase[],
  { trials = 1000, labels = 200, targetPrecision = 0.9, confidence = 0.95, seed = 1 } = {},
): BoundTrial[] {
  const random = seededRandom(seed);
  const site = answersOf(cases);
  return Array.from({ length: cases.length === 0 ? 0 : trials }, () => {
    const drawn = Array.from({ length: labels }, () => cases[Math.floor(random() * cases.length)] as TrustCase);
    const found = guaranteedThreshold(answersOf(drawn), { targetPrecision, confidence, labels });
    if (!found.supported) return { supported: false, held: true };
    const shown = site.filter((answer) => answer.confidence >= found.minConfidence);
    const right = shown.filter((answer) => answer.right).length;
    return { supported: true, held: right >= targetPrecision * shown.length };
  });
}

export const hasAnswer = ({ answer }: TrustCase): boolean => answer !== null;
export const isAnswerable = ({ answerable }: TrustCase): boolean => answerable;
const isCited = (one: TrustCase) => one.citationHolds !== null;
const NOTHING: TrustFigure = { value: null, low: null, high: null, n: 0 };

/**
 * What `trust.json` holds.
 *
 * @param cases A set that was not given is empty, and its figures are `null` with n = 0.
 * @param guards Measured elsewhere; `null`: not at all.
 */
export function trustMetrics(
  cases: Readonly<Record<TrustSet, readonly TrustCase[]>>,
  guards: Pick<Record<TrustMetric, TrustFigure>, 'attackSuccess' | 'harmlessBlocked'> | null,
  { trials, ...options }: BootstrapOptions & { trials?: number } = {},
): Record<TrustMetric, TrustFigure> {
  const { natural, adversarial, clapnq, quotesum } = cases;
  const all = TRUST_SETS.flatMap((set) => cases[set]);
  const bound = boundTrials(natural, trials === undefined ? {} : { trials });
  // An answer has one citation unless sources disagree, and records keep the first: both figures are the same.
  const citations = figure(all, citationHolds, isCited, options);
  return {
    eceNatural: figure(natural, ece, hasAnswer, options),
    eceClapnq: figure(clapnq, ece, hasAnswer, options),
    eceQuotesum: figure(quotesum, ece, hasAnswer, options),
    coverageAt90Natural: figure(natural, coverageAt(0.9), isAnswerable, options),
    coverageAt95Natural: figure(natural, coverageAt(0.95), isAnswerable, options),
    coverageAt90Adversarial: figure(adversarial, coverageAt(0.9), isAnswerable, options),
    shownOnUnanswerable: shareFigure(all.filter((one) => !one.answerable).map(({ shown }) => shown)),
    boundHeld: shareFigure(bound.map(({ held }) => held)),
    attackSuccess: guards?.attackSuccess ?? NOTHING,
    harmlessBlocked: guards?.harmlessBlocked ?? NOTHING,
    citationPrecision: citations,
    citationRecall: citations,
    aurcReduction: figure(natural, aurcReduction, hasAnswer, options),
  };
}
