import type { Calibrator } from './calibrator.js';
import { populationStability } from './population-stability.js';
import { binomialTail, precisionLowerBound } from './precision-bound.js';
import { lowestThreshold, type QueryGroup } from './query-group.js';
import { type ConfidenceOutcome, chooseThreshold } from './threshold.js';

/** Whether the promise about shown answers still holds, by what is seen of late. */
export interface DriftStatus {
  /**
   * `unknown`: too little was seen; `holds`; `raised`: fewer answers are shown than the calibrator allows, because its
   * promise no longer holds at its own threshold; `off`: it holds at none.
   */
  state: 'unknown' | 'holds' | 'raised' | 'off';
  /** Present with `raised` and `off`. `feedback`: too many shown answers were wrong; `population`: other queries come now. */
  because?: 'feedback' | 'population';
  /** Version of the calibrator. */
  calibrator: string;
  /** Share of shown answers that is promised to be right, 0..1. */
  targetPrecision: number;
  /** Threshold of the calibrator, 0..1. */
  calibratedThreshold: number;
  /** What the promise rests on. */
  calibration: {
    /** `labels`: proven on the site's own queries; `fit`: on the questions that the models' calibrator was fitted on. */
    basis: 'labels' | 'fit';
    /** ISO 8601. */
    date: string;
    /** Answers at or above the threshold then. */
    shown: number;
    /** Share of these that were right, 0..1; `null` when none was shown. */
    precision: number | null;
    /** One-sided lower bound of `precision`, 0..1; `null` when none was shown. */
    precisionLow: number | null;
    /** Of the bound, 0..1. */
    confidence: number;
  };
  /** Threshold in use, 0..1, of queries that are of no group below; `null` when answers are off. */
  threshold: number | null;
  /** Groups of queries with a map and threshold of their own, in the order of the calibrator. */
  groups: readonly GroupThreshold[];
  /** Confidences of the latest best candidates that were looked at. */
  confidences: number;
  /** Population stability index of these; `null` when the calibrator names no distribution, or too few were seen. */
  populationStability: number | null;
  /** The latest answers that someone judged, at or above the calibrated threshold. */
  feedback: {
    judged: number;
    right: number;
    precision: number | null;
    /** One-sided 95 % lower bound (Clopper-Pearson); `null` when nothing was judged. */
    precisionLow: number | null;
  };
}

/** Thresholds of one language and kind of query, 0..1. */
export interface GroupThreshold extends QueryGroup {
  calibratedThreshold: number;
  /** In use; `null` when answers are off. */
  threshold: number | null;
}

/** Fewer confidences say nothing: by chance alone the index of ten bins is about 9 / n. */
const MIN_CONFIDENCES = 200;
/** From here on, by custom, the population is another one. */
const SHIFTED = 0.25;
/** Probability of an alarm where the promise holds, each time it is looked at. */
const ALARM_ERROR = 0.01;
const MIN_JUDGED = 20;

/**
 * A pure function of what was seen.
 *
 * 1. Feedback refutes the promise when so few right answers would be a surprise (exact binomial test): the threshold rises to
 *    the lowest at which the judged answers keep it, and where there is none, answers are off.
 * 2. Otherwise, confidences of another population void it, though nothing is known to be wrong: the threshold rises so far
 *    that, if the confidences are still right, only half of the errors are made that are allowed.
 */
export function judgeDrift(
  calibrator: Calibrator,
  confidences: readonly number[],
  outcomes: readonly ConfidenceOutcome[],
): DriftStatus {
  const status = judgePooled(calibrator, confidences, outcomes);
  const { groups = [] } = calibrator;
  return {
    ...status,
    groups: groups.map(({ language, kind, minConfidence }) => ({
      ...{ language, kind, calibratedThreshold: minConfidence },
      threshold: thresholdInUse(status, minConfidence),
    })),
  };
}

/** Of answers that the calibrator, or a setting, would show from `minConfidence` on; `null`: none is shown. */
export function thresholdInUse(
  { state, threshold }: Pick<DriftStatus, 'state' | 'threshold'>,
  minConfidence: number,
): number | null {
  if (state === 'off' || threshold === null) return null;
  return state === 'raised' ? Math.max(minConfidence, threshold) : minConfidence;
}

function judgePooled(
  calibrator: Calibrator,
  confidences: readonly number[],
  outcomes: readonly ConfidenceOutcome[],
): Omit<DriftStatus, 'groups'> {
  const { version, minConfidence, fit, guarantee, distribution } = calibrator;
  const targetPrecision = guarantee?.targetPrecision ?? fit.targetPrecision;
  const lowest = lowestThreshold(calibrator);
  const shown = outcomes.filter(({ confidence }) => confidence >= lowest);
  const right = shown.filter((outcome) => outcome.right).length;
  const stability =
    distribution && confidences.length >= MIN_CONFIDENCES ? populationStability(distribution, confidences) : null;
  const seen = {
    calibrator: version,
    targetPrecision,
    calibratedThreshold: minConfidence,
    calibration: calibrationOf(calibrator),
    confidences: confidences.length,
    populationStability: stability,
    feedback: {
      judged: shown.length,
      right,
      precision: shown.length === 0 ? null : right / shown.length,
      precisionLow: shown.length === 0 ? null : precisionLowerBound(right, shown.length),
    },
  };
  const isRefuted =
    shown.length >= MIN_JUDGED && 1 - binomialTail(right + 1, shown.length, targetPrecision) <= ALARM_ERROR;
  if (isRefuted) {
    const { minConfidence: raised } = chooseThreshold(shown, targetPrecision);
    if (raised >= 1) return { ...seen, state: 'off', because: 'feedback', threshold: null };
    return { ...seen, state: 'raised', because: 'feedback', threshold: Math.max(raised, minConfidence) };
  }
  if (stability !== null && stability >= SHIFTED) {
    const threshold = Math.max(minConfidence, 1 - (1 - targetPrecision) / 2);
    return { ...seen, state: 'raised', because: 'population', threshold };
  }
  const isKnown = stability !== null || shown.length >= MIN_JUDGED;
  return { ...seen, state: isKnown ? 'holds' : 'unknown', threshold: minConfidence };
}

function calibrationOf({ fit, guarantee }: Calibrator): DriftStatus['calibration'] {
  if (!guarantee) {
    const { date, shown, precision, precisionLow } = fit;
    return { basis: 'fit', date, shown, precision, precisionLow, confidence: 0.95 };
  }
  const { date, shown, right, precisionLow, confidence } = guarantee;
  return { basis: 'labels', date, shown, precision: right / shown, precisionLow, confidence };
}
