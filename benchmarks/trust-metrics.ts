import { z } from 'zod';
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

const share = z.number().nullable();
const estimateSchema = z.object({ value: share, low: share, high: share });
const count = z.int().nonnegative();
const outcomesSchema = z.object({
  ...{ shownRight: count, shownWrong: count, withheldRight: count, withheldWrong: count },
  ...{ refused: count, none: count },
});

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
    citationHolds: shown === null ? null : shown.citation.verbatim !== false && holds(shown.citation.quote),
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

/** What `candor eval answers --json` says of a set whose records are not at hand. */
export const answerFiguresSchema = z.object({
  metrics: z.object({
    ece: estimateSchema,
    coverageAt90: estimateSchema,
    coverageAt95: estimateSchema,
    citationPrecision: estimateSchema,
  }),
  refusals: z.object({ answerable: outcomesSchema, unanswerable: outcomesSchema }),
});

export type AnswerFigures = z.infer<typeof answerFiguresSchema>;

/** Questions as far as counts tell: what was shown, and whether its citation holds. Nothing of confidences. */
export function casesOfFigures({ metrics, refusals }: AnswerFigures): TrustCase[] {
  const cases = (['answerable', 'unanswerable'] as const).flatMap((kind) => {
    const { shownRight, shownWrong, ...others } = refusals[kind];
    const count = (shown: boolean, length: number) =>
      Array.from({ length }, () => ({ answerable: kind === 'answerable', answer: null, shown, citationHolds: null }));
    const rest = Object.values(others).reduce((sum, each) => sum + each, 0);
    return [...count(true, shownRight + shownWrong), ...count(false, rest)];
  });
  const held = Math.round((metrics.citationPrecision.value ?? 0) * cases.filter(({ shown }) => shown).length);
  let seen = 0;
  return cases.map((one) => (one.shown ? { ...one, citationHolds: seen++ < held } : one));
}

/** Best candidates that a calibration error is of, and answerable questions that a coverage is of. */
function countsOf({ refusals: { answerable, unanswerable } }: AnswerFigures): { answers: number; answerable: number } {
  const answers = (of: typeof answerable) => of.shownRight + of.shownWrong + of.withheldRight + of.withheldWrong;
  return {
    answers: answers(answerable) + answers(unanswerable),
    answerable: answers(answerable) + answerable.refused + answerable.none,
  };
}

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

/** A set as records, or as figures of an earlier evaluation. */
export type TrustSource = readonly TrustCase[] | AnswerFigures;

const isFigures = (source: TrustSource): source is AnswerFigures => 'refusals' in source;

/**
 * What `trust.json` holds.
 *
 * @param sources A set that was not given is empty, and its figures are `null` with n = 0; so are those that figures of an
 *   earlier evaluation do not tell, such as whether a bound is kept.
 * @param guards Measured elsewhere; what is absent is `null`.
 */
export function trustMetrics(
  sources: Readonly<Record<TrustSet, TrustSource>>,
  guards: Partial<Pick<Record<TrustMetric, TrustFigure>, 'attackSuccess' | 'harmlessBlocked'>>,
  { trials, ...options }: BootstrapOptions & { trials?: number } = {},
): Record<TrustMetric, TrustFigure> {
  const casesOf = (set: TrustSet) => {
    const source = sources[set];
    return isFigures(source) ? [] : source;
  };
  const eceOf = (set: TrustSet): TrustFigure => {
    const source = sources[set];
    if (isFigures(source)) return { ...source.metrics.ece, n: countsOf(source).answers };
    return figure(source, ece, hasAnswer, options);
  };
  const coverageOf = (set: TrustSet, percent: 90 | 95): TrustFigure => {
    const source = sources[set];
    if (isFigures(source)) return { ...source.metrics[`coverageAt${percent}`], n: countsOf(source).answerable };
    return figure(source, coverageAt(percent / 100), isAnswerable, options);
  };
  const all = TRUST_SETS.flatMap((set) => {
    const source = sources[set];
    return isFigures(source) ? casesOfFigures(source) : source;
  });
  const bound = boundTrials(casesOf('natural'), trials === undefined ? {} : { trials });
  // An answer has one citation unless sources disagree, and records keep the first: both figures are the same.
  const citations = figure(all, citationHolds, isCited, options);
  return {
    eceNatural: eceOf('natural'),
    eceClapnq: eceOf('clapnq'),
    eceQuotesum: eceOf('quotesum'),
    coverageAt90Natural: coverageOf('natural', 90),
    coverageAt95Natural: coverageOf('natural', 95),
    coverageAt90Adversarial: coverageOf('adversarial', 90),
    shownOnUnanswerable: shareFigure(all.filter((one) => !one.answerable).map(({ shown }) => shown)),
    boundHeld: shareFigure(bound.map(({ held }) => held)),
    attackSuccess: guards.attackSuccess ?? NOTHING,
    harmlessBlocked: guards.harmlessBlocked ?? NOTHING,
    citationPrecision: citations,
    citationRecall: citations,
    aurcReduction: figure(casesOf('natural'), aurcReduction, hasAnswer, options),
  };
}
