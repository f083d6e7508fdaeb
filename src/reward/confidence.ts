import { contradicts, meaningOf } from '../answer-meaning.js';
import { answerTokens } from '../answer-text.js';
import type { ScoredCandidate } from '../types.js';
import type { Calibrator } from './calibrator.js';
import { isotonicValue } from './isotonic-regression.js';
import { logOdds } from './log-odds.js';
import { type LinearModel, logisticProbability } from './logistic-regression.js';
import type { RewardedCandidate } from './rewarded-candidate.js';
import { selectAnswer } from './select-answer.js';

export type { RewardedCandidate };

/** What the confidence is computed from, in the order of a calibrator's weights. */
export const CONFIDENCE_FEATURES = [
  'rewardLogit',
  'margin',
  'agreement',
  'meanTokenLogprob',
  'relevanceScore',
  'declineProbability',
  'contradiction',
  'answerWords',
  'passageAgeYears',
  'entailment',
  'readerAgreement',
] as const;

export type ConfidenceFeature = (typeof CONFIDENCE_FEATURES)[number];

export interface ConfidenceFeatures {
  /** Output of the reward model, unbounded. */
  rewardLogit: number;
  /**
   * `rewardLogit` minus that of the best candidate with a different answer, -5..5. Answers differ when they do not mean the
   * same (`meaningOf`); declining is no answer. `MARGIN_LIMIT` when nothing else was answered.
   */
  margin: number;
  /** Share of the answering candidates that say the same, this one included, above 0 and at most 1. */
  agreement: number;
  /** Of the answer and its pointer, at most 0. */
  meanTokenLogprob: number;
  /** Of the cited passage, 0..1; `null` when it was not reranked: the calibrator then assumes its average. */
  relevanceScore: number | null;
  /** Of the cited passage, 0..1. */
  declineProbability: number;
  /** Share of the other passages that answer whose best candidate contradicts this one, 0..1; 0 when none answers. */
  contradiction?: number | null;
  /** Words of the normalised answer; long ones are seldom the words that were asked for. */
  answerWords?: number | null;
  /** Of the cited passage, when the query asks how things are now, 0 or more; else `null`, like an unknown date. */
  passageAgeYears?: number | null;
  /** Probability that the quote entails the answer, 0..1; `null` without a checker. */
  entailment?: number | null;
  /** Probability that a second model, which does not know the answer, marks the same words, 0..1; `null` without one. */
  readerAgreement?: number | null;
}

/** What is known of a passage's claim besides its candidates. */
export type ClaimContext = Pick<ConfidenceFeatures, 'passageAgeYears' | 'entailment'>;

/** A Bradley-Terry margin of 5 is 99.3 % preference; what lies above tells nothing more. */
export const MARGIN_LIMIT = 5;

/**
 * The features of one answering candidate among all candidates of its query. Declined candidates and candidates
 * without a finite reward are no competitors.
 *
 * @param relevanceScores Reranker's score by passage id.
 * @param context Of the candidate's passage.
 */
export function confidenceFeatures(
  candidate: RewardedCandidate,
  candidates: readonly RewardedCandidate[],
  relevanceScores: ReadonlyMap<string, number>,
  context: ClaimContext = {},
): ConfidenceFeatures {
  const said = meaningOf(candidate.text);
  const answers = candidates.filter(({ declined, rewardLogit }) => !declined && Number.isFinite(rewardLogit));
  const others = answers.filter(({ text }) => meaningOf(text) !== said);
  const rival = Math.max(...others.map(({ rewardLogit }) => rewardLogit));
  return {
    rewardLogit: candidate.rewardLogit,
    margin: clamp(candidate.rewardLogit - rival, -MARGIN_LIMIT, MARGIN_LIMIT),
    agreement: answers.length === 0 ? 1 : (answers.length - others.length) / answers.length,
    meanTokenLogprob: candidate.meanTokenLogprob,
    relevanceScore: relevanceScores.get(candidate.passageId) ?? null,
    declineProbability: candidate.declineProbability,
    contradiction: contradictionShare(candidate, candidates),
    answerWords: answerTokens(candidate.text).length,
    passageAgeYears: context.passageAgeYears ?? null,
    entailment: context.entailment ?? null,
    readerAgreement: candidate.readerAgreement ?? null,
  };
}

function contradictionShare(candidate: RewardedCandidate, candidates: readonly RewardedCandidate[]): number {
  const others = [...new Set(candidates.map(({ passageId }) => passageId))].flatMap((passageId) => {
    if (passageId === candidate.passageId) return [];
    return selectAnswer(candidates.filter((each) => each.passageId === passageId)) ?? [];
  });
  return others.length === 0
    ? 0
    : others.filter(({ text }) => contradicts(text, candidate.text)).length / others.length;
}

/** P(right and supported), 0..1: logistic regression, then isotonic regression. `NaN` when a feature is not a number. */
export function confidenceOf(features: ConfidenceFeatures, calibrator: Calibrator): number {
  return isotonicValue(calibrator.isotonic, logisticProbability(linearModel(calibrator), featureVector(features)));
}

/**
 * Every candidate with its confidence, in the same order. A declined one gets 0, since it shows nothing. The calibrator
 * was fitted on the best answer of each query: for the others the figure is a ranking, not a promise. Without a
 * calibrator (`null`) nothing is known and all get 0.
 */
export function withConfidence(
  candidates: readonly RewardedCandidate[],
  relevanceScores: ReadonlyMap<string, number>,
  calibrator: Calibrator | null,
  contexts: ReadonlyMap<string, ClaimContext> = new Map(),
): ScoredCandidate[] {
  return candidates.map((candidate) => ({
    ...candidate,
    confidence:
      calibrator === null || candidate.declined
        ? 0
        : confidenceOf(
            confidenceFeatures(candidate, candidates, relevanceScores, contexts.get(candidate.passageId)),
            calibrator,
          ),
  }));
}

/**
 * Features as numbers for the logistic regression, in the order of `CONFIDENCE_FEATURES`. Probabilities become
 * log-odds, because the model is linear in those; `null` stays and means unknown.
 */
export function featureVector(features: ConfidenceFeatures): (number | null)[] {
  return [
    features.rewardLogit,
    features.margin,
    features.agreement,
    features.meanTokenLogprob,
    logOddsOf(features.relevanceScore),
    logOdds(features.declineProbability),
    features.contradiction ?? null,
    // From one word to two is a step like that from two to four.
    logOf(features.answerWords),
    logOf(features.passageAgeYears),
    logOddsOf(features.entailment),
    logOddsOf(features.readerAgreement),
  ];
}

/** A calibrator that was fitted before a feature existed gives it no weight. */
const NOT_USED = { weight: 0, mean: 0, scale: 1 };

function linearModel(calibrator: Calibrator): LinearModel {
  const column = (key: 'weight' | 'mean' | 'scale') =>
    CONFIDENCE_FEATURES.map((name) => (calibrator.features[name] ?? NOT_USED)[key]);
  return { intercept: calibrator.intercept, weights: column('weight'), means: column('mean'), scales: column('scale') };
}

const logOf = (value: number | null | undefined) => (value === null || value === undefined ? null : Math.log1p(value));

const logOddsOf = (value: number | null | undefined) => (value === null || value === undefined ? null : logOdds(value));

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
