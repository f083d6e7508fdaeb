import type { JudgedAnswer } from './judge.js';
import { type RiskCoveragePoint, riskCoverageCurve } from './measures/risk-coverage.js';
import { wilsonInterval } from './wilson-interval.js';

/** What would be shown from a confidence on. */
export interface ThresholdRow {
  /** The precision that this is the lowest threshold for; `null` in rows of a fixed threshold. */
  targetPrecision: number | null;
  /** `null`: no threshold reaches the target. */
  minConfidence: number | null;
  shown: number;
  /** Shown / answerable questions; `null` without any. */
  coverage: number | null;
  /** Right / shown, with its 95 % Wilson interval; `null` when nothing is shown. */
  precision: number | null;
  low: number | null;
  high: number | null;
}

const TARGETS = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99];
const STEPS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/** Fixed thresholds, then the best for each target of precision, chosen on these questions and so a little optimistic. */
export function thresholdTable(answers: readonly JudgedAnswer[]): ThresholdRow[] {
  const answerable = answers.filter((one) => one.answerable).length;
  const curve = riskCoverageCurve(answers.flatMap(({ answer }) => answer ?? []));
  const row = (point: RiskCoveragePoint | undefined, minConfidence: number | null, targetPrecision: number | null) => {
    const interval = point && wilsonInterval(Math.round(point.precision * point.shown), point.shown);
    return {
      targetPrecision,
      minConfidence,
      shown: point?.shown ?? 0,
      coverage: answerable === 0 ? null : (point?.shown ?? 0) / answerable,
      precision: point?.precision ?? null,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
    };
  };
  if (curve.length === 0) return [];
  return [
    ...STEPS.map((step) => row(curve.filter(({ minConfidence }) => minConfidence >= step).at(-1), step, null)),
    ...TARGETS.map((target) => {
      // The tolerance is for 9 of 10 against 0.9.
      const point = curve.filter(({ precision }) => precision >= target - 1e-12).at(-1);
      return row(point, point?.minConfidence ?? null, target);
    }),
  ];
}
