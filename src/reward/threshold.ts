import { poolAdjacentViolators } from './isotonic-regression.js';
import { precisionLowerBound } from './precision-bound.js';

/** An answer that could have been shown. */
export interface ConfidenceOutcome {
  confidence: number;
  right: boolean;
}

export interface ThresholdChoice {
  /** Answers from this confidence on are shown; 1 when the outcomes do not support the target. */
  minConfidence: number;
  shown: number;
  right: number;
  /** `null` when nothing is shown. */
  precision: number | null;
  /** One-sided 95 % lower bound (Clopper-Pearson); `null` when nothing is shown. */
  precisionLow: number | null;
}

/** Fewer shown answers than this say too little about a precision to promise it. */
export const MIN_SHOWN = 30;

/**
 * The smallest threshold at which the shown answers reach the target precision, as they are and by the monotone fit of
 * rightness on confidence (pool adjacent violators). The fitted one falls as the threshold falls, so that a lucky run
 * further down cannot decide. Answers of equal confidence are shown together.
 */
export function chooseThreshold(outcomes: readonly ConfidenceOutcome[], targetPrecision: number): ThresholdChoice {
  const nothing = { minConfidence: 1, shown: 0, right: 0, precision: null, precisionLow: null };
  const groups = groupByConfidence(outcomes);
  const fitted = poolAdjacentViolators(
    groups
      .toReversed()
      .map(({ confidence, right, count }) => ({ score: confidence, value: right / count, weight: count })),
  ).toReversed();
  const fittedRight = expand(fitted);
  let choice: ThresholdChoice = nothing;
  let [shown, right, expected] = [0, 0, 0];
  for (const group of groups) {
    for (let index = 0; index < group.count; index++) expected += fittedRight[shown + index] ?? 0;
    shown += group.count;
    right += group.right;
    if (expected / shown < targetPrecision - 1e-12) break;
    if (shown < MIN_SHOWN || right / shown < targetPrecision - 1e-12) continue;
    choice = {
      minConfidence: group.confidence,
      shown,
      right,
      precision: right / shown,
      precisionLow: precisionLowerBound(right, shown),
    };
  }
  return choice;
}

/** Descending. */
function groupByConfidence(outcomes: readonly ConfidenceOutcome[]) {
  const groups: { confidence: number; right: number; count: number }[] = [];
  for (const { confidence, right } of [...outcomes].sort((a, b) => b.confidence - a.confidence)) {
    let group = groups.at(-1);
    if (group?.confidence !== confidence) {
      group = { confidence, right: 0, count: 0 };
      groups.push(group);
    }
    group.count += 1;
    group.right += right ? 1 : 0;
  }
  return groups;
}

const expand = (blocks: readonly { value: number; weight: number }[]) =>
  blocks.flatMap(({ value, weight }) => new Array<number>(weight).fill(value));
