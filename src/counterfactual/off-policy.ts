import { clusteredError, clusteredMean, intervalOf, type ValueEstimate } from './cluster-interval.js';

/** One logged decision of a policy that chose at random with known probabilities. */
export interface LoggedRound {
  /** Of the action that was taken, such as a click: 0 or 1, or any number. */
  reward: number;
  /** Probability with which the logging policy took that action, above 0 up to 1. */
  propensity: number;
  /** Probability with which the policy to be judged would take it, 0..1. */
  target: number;
  /** For DR: what a model of the reward expects of the action that was taken. */
  predicted?: number;
  /** For DR: what the model expects of the policy to be judged: the mean of its predictions, weighted by that policy. */
  predictedTarget?: number;
  /** User or session; rounds of one are not independent. @default each round alone */
  cluster?: string;
}

export interface OffPolicyOptions {
  /** Weights above are cut to it: less variance, some bias. @default none */
  maxWeight?: number;
}

/** What the log says about a policy that was never run. */
export interface OffPolicyEstimates {
  rounds: number;
  /** Mean reward of the logging policy itself. */
  logged: ValueEstimate | null;
  /** Inverse propensity scoring. Unbiased, wide where weights are large. */
  ips: ValueEstimate | null;
  /** Self-normalised. Slightly biased, mostly narrower. */
  snips: ValueEstimate | null;
  /** Doubly robust; `null` unless every round has predictions. */
  dr: ValueEstimate | null;
  /** Rounds that the weighted log is worth: (sum of weights)^2 / sum of their squares. Far below `rounds`, trust nothing. */
  effectiveRounds: number;
  /** Mean weight; far from 1 the propensities are wrong, or the log lacks what the target does. */
  meanWeight: number;
  maxWeight: number;
  /** Share of rounds whose weight was cut. */
  cut: number;
}

/** Each round's weight: target / propensity (Horvitz and Thompson 1952), cut where asked for. */
const weightOf = ({ propensity, target }: LoggedRound, limit: number) => Math.min(limit, target / propensity);

/**
 * Estimates the mean reward of a policy from the log of another. Needed: every action that the policy could take had a
 * chance in the log, and the propensities are those that were drawn from.
 *
 * - IPS: mean of w r, with w = target / propensity;
 * - SNIPS: sum of w r / sum of w (Swaminathan and Joachims 2015), its error by the delta method;
 * - DR: mean of q(target) + w (r - q(action)) (Dudik, Langford and Li 2011).
 *
 * Intervals are normal ones at 95 %, clustered by user or session.
 *
 * @throws RangeError for a propensity that is not above 0 and at most 1, or a target that is not 0..1; naming the round.
 */
export function estimatePolicy(
  rounds: readonly LoggedRound[],
  { maxWeight = Number.POSITIVE_INFINITY }: OffPolicyOptions = {},
): OffPolicyEstimates {
  for (const [index, { propensity, target }] of rounds.entries()) {
    if (!(propensity > 0 && propensity <= 1))
      throw new RangeError(`round ${index + 1}: expected a propensity above 0 and up to 1, received ${propensity}.`);
    if (!(target >= 0 && target <= 1))
      throw new RangeError(`round ${index + 1}: expected a target probability from 0 to 1, received ${target}.`);
  }
  const clusters = rounds.map(({ cluster }, index) => cluster ?? `#${index}`);
  const weights = rounds.map((round) => weightOf(round, maxWeight));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  return {
    rounds: rounds.length,
    logged: clusteredMean(
      rounds.map(({ reward }) => reward),
      clusters,
    ),
    ips: clusteredMean(
      rounds.map(({ reward }, index) => (weights[index] ?? 0) * reward),
      clusters,
    ),
    snips: selfNormalised(rounds, weights, sum, clusters),
    dr: doublyRobust(rounds, weights, clusters),
    effectiveRounds: squares === 0 ? 0 : (sum * sum) / squares,
    meanWeight: rounds.length === 0 ? 0 : sum / rounds.length,
    maxWeight: weights.reduce((most, weight) => Math.max(most, weight), 0),
    cut:
      rounds.length === 0
        ? 0
        : rounds.filter((round, index) => weightOf(round, Number.POSITIVE_INFINITY) > (weights[index] ?? 0)).length /
          rounds.length,
  };
}

function selfNormalised(
  rounds: readonly LoggedRound[],
  weights: readonly number[],
  sum: number,
  clusters: readonly string[],
): ValueEstimate | null {
  if (sum === 0) return null;
  const value = rounds.reduce((total, { reward }, index) => total + (weights[index] ?? 0) * reward, 0) / sum;
  // Delta method for a ratio: the terms are w (r - value) / mean weight.
  const deviations = rounds.map(
    ({ reward }, index) => ((weights[index] ?? 0) * (reward - value) * rounds.length) / sum,
  );
  const standardError = clusteredError(deviations, clusters);
  return standardError === null ? null : intervalOf(value, standardError);
}

function doublyRobust(
  rounds: readonly LoggedRound[],
  weights: readonly number[],
  clusters: readonly string[],
): ValueEstimate | null {
  const terms: number[] = [];
  for (const [index, { reward, predicted, predictedTarget }] of rounds.entries()) {
    if (predicted === undefined || predictedTarget === undefined) return null;
    terms.push(predictedTarget + (weights[index] ?? 0) * (reward - predicted));
  }
  return clusteredMean(terms, clusters);
}
