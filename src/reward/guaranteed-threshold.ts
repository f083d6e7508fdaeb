import { binomialTail, precisionLowerBound } from './precision-bound.js';
import type { ConfidenceOutcome } from './threshold.js';

export interface GuaranteeOptions {
  /** Precision that the shown answers shall have, between 0 and 1. */
  targetPrecision: number;
  /** Probability, over the draw of the labelled queries, that the promise holds; between 0 and 1. */
  confidence: number;
  /** Labelled queries in all, answered or not: says how many more are needed. */
  labels: number;
}

export type GuaranteedThreshold = GuaranteeMet | GuaranteeMissed;

export interface GuaranteeMet {
  supported: true;
  /** Answers from this confidence on are shown. */
  minConfidence: number;
  shown: number;
  right: number;
  /** One-sided lower bound of the precision at this threshold alone (Clopper-Pearson). */
  precisionLow: number;
}

export interface GuaranteeMissed {
  supported: false;
  /**
   * Further labels with which the best threshold would pass if its answers went on being right as often as now; `null`
   * when no threshold is right often enough: then no number of labels helps, only better answers.
   */
  moreLabels: number | null;
}

/**
 * Where testing begins, as shares of the answers shown: far enough down to prove something, early enough that answers which
 * are good enough only at the top are found. Each has an equal share of the error that is allowed.
 */
const STARTS = [0.15, 0.35];
/** From a start on every threshold that shows another fortieth of the answers is tried, at no cost. */
const STEPS = 40;

/**
 * The smallest threshold whose precision is proven: with probability `confidence` over the labels, at least
 * `targetPrecision` of the answers at or above it are right. This holds for any number of labels, however wrong the
 * confidences are; those only order the answers.
 *
 * Learn then test (Angelopoulos et al. 2021, arXiv 2110.01052): each threshold is a hypothesis "too few are right" with
 * an exact binomial p-value, and the family error is kept by fixed sequences (Algorithm 1 there): from strict to loose, a
 * start has its share of the error, one that is proven hands what it had to the next, and one that is not ends the sequence.
 * On simulated sites this shows up to twice as much as ten thresholds with a tenth of the error each; `docs/log.md`.
 */
export function guaranteedThreshold(
  outcomes: readonly ConfidenceOutcome[],
  { targetPrecision, confidence, labels }: GuaranteeOptions,
): GuaranteedThreshold {
  const error = 1 - confidence;
  const cuts = cutsOf(outcomes);
  const hypotheses = hypothesesOf(cuts, targetPrecision, error);
  let met: GuaranteeMet | null = null;
  let carried = 0;
  for (const { cut, share } of hypotheses) {
    const { minConfidence, shown, right } = cut;
    const allowed = error * share + carried;
    const proven = binomialTail(right, shown, targetPrecision) <= allowed;
    carried = proven ? allowed : 0;
    if (!proven) continue;
    met = { supported: true, minConfidence, shown, right, precisionLow: precisionLowerBound(right, shown, confidence) };
  }
  return met ?? { supported: false, moreLabels: labelsMissing(cuts, targetPrecision, error, labels) };
}

interface Cut {
  minConfidence: number;
  shown: number;
  right: number;
}

/** Every threshold that shows another set of answers, strict to loose. */
function cutsOf(outcomes: readonly ConfidenceOutcome[]): Cut[] {
  const cuts: Cut[] = [];
  let [shown, right] = [0, 0];
  for (const outcome of [...outcomes].sort((a, b) => b.confidence - a.confidence)) {
    shown += 1;
    right += outcome.right ? 1 : 0;
    if (cuts.at(-1)?.minConfidence === outcome.confidence) cuts.pop();
    cuts.push({ minConfidence: outcome.confidence, shown, right });
  }
  return cuts;
}

/** Answers that prove the target when all of them are right, each with the whole error. */
export const fewestProvable = (target: number, error: number) => Math.ceil(Math.log(error) / Math.log(target));

interface Hypothesis {
  cut: Cut;
  /** Of the error. */
  share: number;
}

/** What is tested, strict to loose. It looks at confidences only: labels must not choose what is tested. */
function hypothesesOf(cuts: readonly Cut[], target: number, error: number): Hypothesis[] {
  const all = cuts.at(-1)?.shown ?? 0;
  const from = (shown: number) => cuts.find((cut) => cut.shown >= shown - 1e-9);
  const [alone, shared] = [fewestProvable(target, error), fewestProvable(target, error / STARTS.length)];
  // Too few answers for more than one start: the last threshold has the whole error.
  const starts =
    all < shared
      ? STARTS.map(() => from(Math.max(alone, all)))
      : STARTS.map((share) => from(Math.max(shared, share * all)));
  const steps = new Set(Array.from({ length: STEPS }, (_, step) => from(((step + 1) / STEPS) * all)));
  return cuts
    .slice(
      Math.max(
        0,
        cuts.findIndex((cut) => starts.includes(cut)),
      ),
    )
    .filter((cut) => starts.includes(cut) || steps.has(cut))
    .map((cut) => ({ cut, share: starts.filter((start) => start === cut).length / STARTS.length }));
}

function labelsMissing(cuts: readonly Cut[], target: number, error: number, labels: number): number | null {
  const share = error / STARTS.length; // What a start has.
  const neededAt = (cutPrecision: (cut: Cut) => number) =>
    cuts.flatMap((cut) => {
      const precision = cutPrecision(cut);
      if (precision <= target) return [];
      return [Math.ceil((answersNeeded(precision, target, share) / cut.shown) * labels) - labels];
    });
  // A run that is all right promises less than it seems: one more wrong answer is reckoned with. So few answers that even
  // right ones could prove nothing do not show that more would be in vain: they are taken as they are.
  const cautious = neededAt(({ shown, right }) => right / (shown + 1));
  const isTooFew = (cuts.at(-1)?.shown ?? 0) < fewestProvable(target, error);
  const needed = cautious.length === 0 && isTooFew ? neededAt(({ shown, right }) => right / shown) : cautious;
  return needed.length === 0 ? null : Math.max(1, Math.min(...needed));
}

/** Fewest answers of this precision whose binomial test passes; the precision is above the target. */
function answersNeeded(precision: number, target: number, error: number): number {
  const passes = (count: number) => binomialTail(Math.floor(precision * count), count, target) <= error;
  let high = 1;
  while (!passes(high)) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return high;
}
