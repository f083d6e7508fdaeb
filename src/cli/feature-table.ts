import { calibrationError } from '../evaluation/measures/calibration-error.js';
import { areaUnderRiskCoverage, coverageAtPrecision, type RankedAnswer } from '../evaluation/measures/risk-coverage.js';
import { type CalibrationCase, DEFAULT_FEATURES, fitCalibration } from '../reward/calibration.js';
import { CONFIDENCE_FEATURES, type ConfidenceFeature } from '../reward/confidence.js';

/** What a set of features is worth, all of it on held-out folds. */
export interface FeatureRow {
  name: string;
  aurc: number | null;
  calibrationError: number | null;
  /** Coverage at 90 % precision. */
  coverageAt90: number | null;
}

/**
 * The features in use; each of them left out; each of the others added; the reward alone; and two scores that no
 * calibrator is needed for, as they come.
 *
 * @param answerable Answerable questions, what coverage is a share of.
 * @param traps As `CalibrationOptions.traps`; no figure is of them.
 */
export function featureTable(
  cases: readonly CalibrationCase[],
  answerable: number,
  traps: readonly CalibrationCase[] = [],
): FeatureRow[] {
  const others = CONFIDENCE_FEATURES.filter(
    (name) => !DEFAULT_FEATURES.includes(name) && cases.some(({ features }) => (features[name] ?? null) !== null),
  );
  const fitted = (name: string, features: readonly ConfidenceFeature[]) =>
    row(name, fitCalibration(cases, { features, traps }).heldOut, answerable, true);
  const raw = (name: string, score: ConfidenceFeature) => {
    const ranked = cases.map(({ features, right }) => ({ confidence: features[score] ?? 0, right }));
    return row(name, ranked, answerable, false);
  };
  return [
    fitted('in use', DEFAULT_FEATURES),
    ...DEFAULT_FEATURES.map((left) =>
      fitted(
        `without ${left}`,
        DEFAULT_FEATURES.filter((name) => name !== left),
      ),
    ),
    ...others.map((added) => fitted(`with ${added}`, [...DEFAULT_FEATURES, added])),
    fitted('reward alone', ['rewardLogit']),
    raw('reranker score', 'relevanceScore'),
    raw('mean log-probability', 'meanTokenLogprob'),
  ];
}

function row(name: string, answers: readonly RankedAnswer[], answerable: number, isProbability: boolean): FeatureRow {
  return {
    name,
    aurc: areaUnderRiskCoverage(answers),
    calibrationError: isProbability ? calibrationError(answers) : null,
    coverageAt90: coverageAtPrecision(answers, answerable, 0.9),
  };
}

export function renderFeatureTable(rows: readonly FeatureRow[]): string {
  const cell = (value: number | null) => (value === null ? '-' : (100 * value).toFixed(1)).padStart(8);
  return [
    `${'features (held out, in %)'.padEnd(30)}${'AURC'.padStart(8)}${'ECE'.padStart(8)}${'cov@90'.padStart(8)}`,
    ...rows.map(({ name, aurc, calibrationError: ece, coverageAt90 }) =>
      [name.padEnd(30), cell(aurc), cell(ece), cell(coverageAt90)].join(''),
    ),
  ].join('\n');
}
