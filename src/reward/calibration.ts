import { createHash } from 'node:crypto';
import type { Calibrator } from './calibrator.js';
import { CONFIDENCE_FEATURES, type ConfidenceFeature, type ConfidenceFeatures, featureVector } from './confidence.js';
import { guaranteedThreshold } from './guaranteed-threshold.js';
import { fitIsotonic, type IsotonicMap, isotonicValue } from './isotonic-regression.js';
import { fitLogistic, type LabelledVector, type LinearModel, logisticProbability } from './logistic-regression.js';
import { groupName, type QueryGroup } from './query-group.js';
import type { ConfidenceOutcome, ThresholdChoice } from './threshold.js';

/** The best answer of one calibration question, and whether it was right. */
export interface CalibrationCase {
  /** Of the question; decides its fold. */
  id: string;
  features: ConfidenceFeatures;
  right: boolean;
  /** Absent: of no group, always pooled. */
  group?: QueryGroup;
}

export interface CalibrationOptions {
  /** Precision the shown answers shall have, above 0 and at most 1. @default 0.9 */
  targetPrecision?: number;
  /** Probability, over the draw of the questions, that they have it; between 0 and 1. @default 0.95 */
  confidence?: number;
  /** @default 5 */
  folds?: number;
  /** Which questions share a fold. @default 1 */
  seed?: number;
  /** Divisions into folds, of which the held-out confidences are means: one alone moves the threshold. @default 5 */
  repeats?: number;
  /** Features to use; the others, and those that are the same in all cases, are left out. @default DEFAULT_FEATURES */
  features?: readonly ConfidenceFeature[];
  /** Fewest questions of a group that is not pooled. @default MIN_GROUP */
  minGroup?: number;
  /**
   * Answers to questions written to look answerable. The weights learn from them what an answer may have in its favour and
   * still be wrong; maps and thresholds do not, since what they promise is the share that is right among the cases.
   * @default none
   */
  traps?: readonly CalibrationCase[];
}

/**
 * Fewest questions with which a group gets its own map and threshold: eight bins of 25 for the map, and a threshold that
 * shows a third of them still has 60 answers to say what share is right (95 % interval of 90 %: about 8 points each way).
 */
export const MIN_GROUP = 200;
/** Fewest right and fewest wrong answers of such a group, one bin each: a map of one outcome is a constant. */
const MIN_OUTCOME = 25;

/** Those that earned their place on the calibration questions; `docs/log.md` has the table. */
export const DEFAULT_FEATURES: readonly ConfidenceFeature[] = [
  'rewardLogit',
  'margin',
  'agreement',
  'meanTokenLogprob',
  'relevanceScore',
  'declineProbability',
  'readerAgreement',
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
  /** Each case with the mean confidence of calibrators that were fitted without its fold; in the order of the cases. */
  heldOut: ConfidenceOutcome[];
  /** Largest first; empty when no case names its group. */
  groups: GroupFit[];
  /** As `heldOut`, with the maps of the groups where they have their own: the confidences that are served. */
  served: ConfidenceOutcome[];
  /** Each case with the confidence of the calibrator itself: how those that are served will be spread. */
  fitted: ConfidenceOutcome[];
  /** As `served`, of `CalibrationOptions.traps`. */
  traps: ConfidenceOutcome[];
}

/** What became of one group of questions. */
export interface GroupFit extends QueryGroup {
  questions: number;
  right: number;
  /** `null`: pooled, and `pooledBecause` says why. */
  own: { isotonic: IsotonicMap; threshold: ThresholdChoice; heldOut: ConfidenceOutcome[] } | null;
  pooledBecause: string | null;
}

/**
 * Fits the confidence: logistic regression on standardised features, then isotonic regression of its held-out
 * probabilities. Cross-fitting in both layers: the isotonic map never sees a probability from a regression that knew the
 * case, and the threshold and every figure come from confidences whose whole calibrator did not know it.
 *
 * @throws RangeError with cases of one outcome only, in all or in what a fold leaves.
 */
export function fitCalibration(cases: readonly CalibrationCase[], options: CalibrationOptions = {}): CalibrationFit {
  const { targetPrecision = 0.9, confidence = 0.95, folds = 5, seed = 1, repeats = 5, traps = [] } = options;
  const proven = (of: readonly ConfidenceOutcome[]) => provenThreshold(of, targetPrecision, confidence);
  const features = (options.features ?? DEFAULT_FEATURES).filter((name) => varies(cases, name));
  const groups = groupsOf(cases, options.minGroup ?? MIN_GROUP);
  const own = new Set(groups.filter(({ pooledBecause }) => pooledBecause === null).map(groupName));
  const toRow = ({ id, features: values, right, group }: CalibrationCase, isTrap: boolean): Row => ({
    id,
    fold: foldOf(id, folds, seed),
    right,
    isTrap,
    group: group && own.has(groupName(group)) ? groupName(group) : null,
    x: featureVector(values).map((value, index) => (isUsed(index, features) ? value : null)),
  });
  const rows = [...cases.map((each) => toRow(each, false)), ...traps.map((each) => toRow(each, true))];
  const whole = fitTwoStages(rows);
  const { linear, isotonic, maps } = whole;
  const pairs = heldOutConfidences(rows, { folds, seed, repeats });
  const outcomes = (which: 'pooled' | 'served', isTrap = false) =>
    rows.flatMap((row, index) =>
      row.isTrap === isTrap ? [{ confidence: pairs[index]?.[which] ?? 0, right: row.right }] : [],
    );
  const heldOut = outcomes('pooled');
  const served = outcomes('served');
  return {
    served,
    fitted: rows.flatMap((row) =>
      row.isTrap ? [] : [{ confidence: confidences(whole, row).served, right: row.right }],
    ),
    traps: outcomes('served', true),
    groups: groups.map((group) => {
      const map = maps.get(groupName(group));
      if (!map) return { ...group, own: null };
      const ofGroup = served.filter((_, index) => rows[index]?.group === groupName(group));
      const found = { isotonic: map, threshold: proven(ofGroup), heldOut: ofGroup };
      return { ...group, own: found };
    }),
    intercept: linear.intercept,
    features: namedFeatures(linear, features),
    isotonic: { scores: [...isotonic.scores], values: [...isotonic.values] },
    threshold: proven(heldOut),
    heldOut,
  };
}

/**
 * A promise, and not what the questions at hand happen to show: of the thresholds at which they reach the target the
 * smallest is one of luck, too, and keeps it about half of the time.
 */
function provenThreshold(
  outcomes: readonly ConfidenceOutcome[],
  targetPrecision: number,
  confidence: number,
): ThresholdChoice {
  const found = guaranteedThreshold(outcomes, { targetPrecision, confidence, labels: outcomes.length });
  if (!found.supported) return { minConfidence: 1, shown: 0, right: 0, precision: null, precisionLow: null };
  const { minConfidence, shown, right, precisionLow } = found;
  return { minConfidence, shown, right, precision: right / shown, precisionLow };
}

interface Row extends LabelledVector {
  id: string;
  fold: number;
  isTrap: boolean;
  /** Name of a group that is not pooled. */
  group: string | null;
}

interface TwoStages {
  linear: LinearModel;
  /** Of all cases, whether their group has its own or not: what is pooled does not depend on which groups there are. */
  isotonic: IsotonicMap;
  maps: ReadonlyMap<string, IsotonicMap>;
}

function fitTwoStages(rows: readonly Row[]): TwoStages {
  const linear = fitLogistic(rows);
  const probabilities = crossFit(rows, fitLogistic, (model, { x }) => logisticProbability(model, x));
  const outcomes = rows.flatMap(({ right, group, isTrap }, index) =>
    isTrap ? [] : [{ score: probabilities[index] ?? 0, right, group }],
  );
  const names = new Set(outcomes.flatMap(({ group }) => group ?? []));
  const maps = [...names].map((name) => [name, fitIsotonic(outcomes.filter(({ group }) => group === name))] as const);
  return { linear, isotonic: fitIsotonic(outcomes), maps: new Map(maps) };
}

/** Of one row: by the map of all, and by that of its group where it has one. */
function confidences({ linear, isotonic, maps }: TwoStages, { x, group }: Row): { pooled: number; served: number } {
  const probability = logisticProbability(linear, x);
  const pooled = isotonicValue(isotonic, probability);
  const map = group === null ? undefined : maps.get(group);
  return { pooled, served: map ? isotonicValue(map, probability) : pooled };
}

/** Of each row by calibrators that did not know it: the mean over several divisions into folds. */
function heldOutConfidences(
  rows: readonly Row[],
  { folds, seed, repeats }: { folds: number; seed: number; repeats: number },
): { pooled: number; served: number }[] {
  const runs = Array.from({ length: repeats }, (_, run) => {
    const divided = rows.map((row) => ({ ...row, fold: foldOf(row.id, folds, seed + run) }));
    return crossFit(divided, fitTwoStages, confidences);
  });
  const mean = (index: number, which: 'pooled' | 'served') =>
    runs.reduce((sum, run) => sum + (run[index]?.[which] ?? 0), 0) / repeats;
  return rows.map((_, index) => ({ pooled: mean(index, 'pooled'), served: mean(index, 'served') }));
}

/** The groups that occur, the largest first, and which of them cannot have their own map. */
function groupsOf(cases: readonly CalibrationCase[], minGroup: number): Omit<GroupFit, 'own'>[] {
  const found = new Map<string, { group: QueryGroup; questions: number; right: number }>();
  for (const { group, right } of cases) {
    if (!group) continue;
    const of = found.get(groupName(group)) ?? { group, questions: 0, right: 0 };
    found.set(groupName(group), { group, questions: of.questions + 1, right: of.right + (right ? 1 : 0) });
  }
  const groups = [...found.values()].map(({ group: { language, kind }, questions, right }) => {
    const wrong = questions - right;
    const pooledBecause =
      questions < minGroup
        ? `${questions} questions with an answer, ${minGroup} are needed`
        : Math.min(right, wrong) < MIN_OUTCOME
          ? `${right} right and ${wrong} wrong, ${MIN_OUTCOME} of each are needed`
          : cases.length - questions < MIN_OUTCOME
            ? `all but ${cases.length - questions} of the questions, the map of all is its own`
            : null;
    return { language, kind, questions, right, pooledBecause };
  });
  return groups.sort((a, b) => b.questions - a.questions || (groupName(a) < groupName(b) ? -1 : 1));
}

/** Predicts each row with a model fitted on the other folds. */
function crossFit<M, P>(
  rows: readonly Row[],
  train: (rows: readonly Row[]) => M,
  predict: (model: M, row: Row) => P,
): P[] {
  const models = new Map<number, M>();
  for (const fold of new Set(rows.map((row) => row.fold)))
    models.set(fold, train(rows.filter((row) => row.fold !== fold)));
  return rows.map((row) => predict(models.get(row.fold) as M, row));
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
