/** An answer that could be shown, with the confidence that decides about it. */
export interface RankedAnswer {
  confidence: number;
  right: boolean;
}

/** Answers of one confidence: no threshold tells them apart. */
interface TieGroup {
  confidence: number;
  count: number;
  right: number;
}

/**
 * Most answers that can be shown with at least the given precision, as a share of the answerable questions; 0 when no
 * threshold reaches it. Every confidence that occurs is tried as threshold; answers of equal confidence are shown
 * together. Can exceed 1 when unanswerable questions list answers that are found elsewhere.
 *
 * @param answerable Number of answerable questions. `null` is returned when there is none.
 */
export function coverageAtPrecision(
  answers: readonly RankedAnswer[],
  answerable: number,
  precision: number,
): number | null {
  if (answerable === 0) return null;
  let best = 0;
  let [shown, right] = [0, 0];
  for (const group of tieGroups(answers)) {
    shown += group.count;
    right += group.right;
    // The tolerance is for 9 of 10 against 0.9.
    if (right / shown >= precision - 1e-12) best = shown;
  }
  return best / answerable;
}

/**
 * Area under the risk-coverage curve, 0..1, lower is better: the mean of the error rates among the 1, 2, …, n most
 * confident answers. Ties are taken in random order, in expectation. `null` without answers.
 */
export function areaUnderRiskCoverage(answers: readonly RankedAnswer[]): number | null {
  if (answers.length === 0) return null;
  let area = 0;
  let [shown, wrong] = [0, 0];
  for (const group of tieGroups(answers)) {
    const wrongShare = (group.count - group.right) / group.count;
    for (let one = 0; one < group.count; one++) {
      shown += 1;
      wrong += wrongShare;
      area += wrong / shown;
    }
  }
  return area / answers.length;
}

/**
 * How much of the area is the fault of the confidences, 0..1: the area minus that of the same answers in the best order,
 * right ones first (excess AURC, Geifman, Uziel and El-Yaniv 2019). `null` without answers.
 */
export function excessRiskCoverage(answers: readonly RankedAnswer[]): number | null {
  const area = areaUnderRiskCoverage(answers);
  const best = areaUnderRiskCoverage(answers.map(({ right }) => ({ confidence: right ? 1 : 0, right })));
  return area === null || best === null ? null : Math.max(0, area - best);
}

/** What showing every answer from a confidence on would mean. */
export interface RiskCoveragePoint {
  minConfidence: number;
  /** Answers shown. */
  shown: number;
  /** Share of these that are right, 0..1; its complement is the risk. */
  precision: number;
}

/** The risk-coverage curve: a point for every confidence that occurs, falling. */
export function riskCoverageCurve(answers: readonly RankedAnswer[]): RiskCoveragePoint[] {
  let [shown, right] = [0, 0];
  return tieGroups(answers).map((group) => {
    shown += group.count;
    right += group.right;
    return { minConfidence: group.confidence, shown, precision: right / shown };
  });
}

/** Descending confidence. */
function tieGroups(answers: readonly RankedAnswer[]): TieGroup[] {
  const groups: TieGroup[] = [];
  for (const { confidence, right } of [...answers].sort((a, b) => b.confidence - a.confidence)) {
    let group = groups.at(-1);
    if (group?.confidence !== confidence) {
      group = { confidence, count: 0, right: 0 };
      groups.push(group);
    }
    group.count += 1;
    group.right += right ? 1 : 0;
  }
  return groups;
}
