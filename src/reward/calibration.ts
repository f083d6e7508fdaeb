import { createHash } from 'node:crypto';
import type { Calibrator } from './calibrator.js';
import { CONFIDENCE_FEATURES, type ConfidenceFeature, type ConfidenceFeatures, featureVector } from './confidence.js';
import { fitIsotonic, type IsotonicMap, isotonicValue } from './isotonic-regression.js';
import { fitLogistic, type LabelledVector, type LinearModel, logisticProbability } from './logistic-regression.js';
import { type ConfidenceOutcome, chooseThreshold, type ThresholdChoice } from './threshold.js';

/** The best answer of one calibration question, and whether it was right. */
export interface CalibrationCase {
  /** Of the question; decides its fold. */
  id: string;
  features: ConfidenceFeatures;
  right: boolean;
}

export interface CalibrationOptions {
  /** Precision the shown answers shall have, above 0 and at most 1. @default 0.9 */
  targetPrecision?: number;
  /** @default 5 */
  folds?: number;
  /** Which questions share a fold. @default 1 */
  seed?: number;
  /** Features to use; the others, and those that are the same in all cases, are left out. @default DEFAULT_FEATURES */
  features?: readonly ConfidenceFeature[];
}

/** Those that earned their place on the calibration questions; `docs/log.md` has the table. */
export const DEFAULT_FEATURES: readonly ConfidenceFeature[] = [
  'rewardLogit',
  'margin',
  'agreement',
  'meanTokenLogprob',
  'relevanceScore',
  'declineProbability',
];

/** A feature that is unknown, or the same, in all cases says nothing. */
function varies(cases: readonly CalibrationCase[], name: ConfidenceFeature): boolean {
  const values = new Set(cases.map(({ features }) => features[name] ?? null));
  values.delete(null);
  return values.size > 1;
}

export interface CalibrationFit extends Pick<Calibrator, 'intercept' | 'features' | 'isotonic'> {
  /** Chosen on `heldOut`. */
  threshold: ThresholdChoice;
  /** Each case with the confidence of a calibrator that was fitted without its fold; in the order of the cases. */
  heldOut: ConfidenceOutcome[];
}

/**
 * Fits the confidence: logistic regression on standardised features, then isotonic regression of its held-out
 * probabilities. Cross-fitting in both layers: the isotonic map never sees a probability from a regression that knew the
 * case, and the threshold and every figure come from confidences whose whole calibrator did not know it.
 *
 * @throws RangeError with cases of one outcome only, in all or in what a fold leaves.
 */
export function fitCalibration(cases: readonly CalibrationCase[], options: CalibrationOptions = {}): CalibrationFit {
  const { targetPrecision = 0.9, folds = 5, seed = 1 } = options;
  const features = (options.features ?? DEFAULT_FEATURES).filter((name) => varies(cases, name));
  const rows = cases.map(({ id, features: values, right }) => ({
    fold: foldOf(id, folds, seed),
    right,
    x: featureVector(values).map((value, index) => (isUsed(index, features) ? value : null)),
  }));
  const { linear, isotonic } = fitTwoStages(rows);
  const heldOut = crossFit(rows, fitTwoStages, (fit, x) =>
    isotonicValue(fit.isotonic, logisticProbability(fit.linear, x)),
  ).map((confidence, index) => ({ confidence, right: rows[index]?.right ?? false }));
  return {
    intercept: linear.intercept,
    features: namedFeatures(linear, features),
    isotonic: { scores: [...isotonic.scores], values: [...isotonic.values] },
    threshold: chooseThreshold(heldOut, targetPrecision),
    heldOut,
  };
}

interface Row extends LabelledVector {
  fold: number;
}

function fitTwoStages(rows: readonly Row[]): { linear: LinearModel; isotonic: IsotonicMap } {
  const linear = fitLogistic(rows);
  const probabilities = crossFit(rows, fitLogistic, logisticProbability);
  const outcomes = rows.map(({ right }, index) => ({ score: probabilities[index] ?? 0, right }));
  return { linear, isotonic: fitIsotonic(outcomes) };
}

/** Predicts each row with a model fitted on the other folds. */
function crossFit<M>(
  rows: readonly Row[],
  train: (rows: readonly Row[]) => M,
  predict: (model: M, x: Row['x']) => number,
): number[] {
  const models = new Map<number, M>();
  for (const fold of new Set(rows.map((row) => row.fold)))
    models.set(fold, train(rows.filter((row) => row.fold !== fold)));
  return rows.map(({ fold, x }) => predict(models.get(fold) as M, x));
}

/** The same question is always in the same fold, whatever else is in the file. */
function foldOf(id: string, folds: number, seed: number): number {
  return createHash('sha256').update(`${seed}:${id}`).digest().readUInt32BE(0) % folds;
}

const isUsed = (index: number, features: readonly ConfidenceFeature[]) => {
  const name = CONFIDENCE_FEATURES[index];
  return name !== undefined && features.includes(name);
};

/** The features that every calibrator names, and of the others those in use. */
function namedFeatures(
  { weights, means, scales }: LinearModel,
  used: readonly ConfidenceFeature[],
): Calibrator['features'] {
  const entries = CONFIDENCE_FEATURES.flatMap((name, index) => {
    if (!DEFAULT_FEATURES.includes(name) && !used.includes(name)) return [];
    return [[name, { weight: weights[index] ?? 0, mean: means[index] ?? 0, scale: scales[index] ?? 1 }] as const];
  });
  return Object.fromEntries(entries) as Calibrator['features'];
}
