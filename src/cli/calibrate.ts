import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { ServiceError } from '../errors.js';
import { type AnswerRecord, readRecords } from '../evaluation/answer-record.js';
import { calibrationError } from '../evaluation/measures/calibration-error.js';
import { reliabilityFigure, riskCoverageFigure } from '../evaluation/report/confidence-figures.js';
import { writeFigure } from '../evaluation/report/figure-file.js';
import { formatShare } from '../evaluation/report/format.js';
import { isRightAnswer } from '../evaluation/right-answer.js';
import {
  type CalibrationCase,
  type CalibrationFit,
  type CalibrationOptions,
  fitCalibration,
  type GroupFit,
} from '../reward/calibration.js';
import { type Calibrator, type ModelVersions, sealCalibrator } from '../reward/calibrator.js';
import { CONFIDENCE_FEATURES, type ConfidenceFeatures } from '../reward/confidence.js';
import { groupName } from '../reward/query-group.js';
import { featureTable, renderFeatureTable } from './feature-table.js';
import { numberOption } from './options.js';
import { queryGroupOf } from './query-group.js';
import { chosenAnew } from './record-answer.js';
import { withDistribution } from './with-distribution.js';

interface CalibrateOptions {
  records?: string;
  labels?: string;
  index?: string;
  out: string;
  targetPrecision: number;
  confidence: number;
  force?: boolean;
  figures?: string;
  traps?: string;
}

/** Fewer answers than this cannot carry seven weights and a map. */
const MIN_CASES = 100;

export function registerCalibrate(program: Command): void {
  program
    .command('calibrate')
    .description('fit the confidence of answers, and the threshold from which they are shown')
    .option(
      '--records <file>',
      'records of: candor eval answers --records FILE, on questions used for nothing else; with --labels, where their records are kept and gone on with',
    )
    .option('--labels <file>', 'queries of your own site with their right answers: proves a threshold for it')
    .option('--index <dir>', 'index that --labels are asked (CANDOR_INDEX_DIR)')
    .requiredOption('--out <file>', 'calibrator to write, such as models/confidence/calibrator.json')
    .option(
      '--target-precision <share>',
      'share of shown answers that must be right',
      numberOption(0.01, 0.999, { whole: false }),
      0.9,
    )
    .option(
      '--confidence <share>',
      'probability that the target holds on queries like these',
      numberOption(0.5, 0.999, { whole: false }),
      0.95,
    )
    .option(
      '--traps <file>',
      'with --records: records of questions written to look answerable; the weights learn from them, the promise does not count them',
    )
    .option('--figures <dir>', 'with --records: reliability diagram and risk-coverage curve, as SVG and PNG')
    .option('--force', 'replace a calibrator that is there')
    .addHelpText(
      'after',
      `
Examples:

Once for the models:
  $ candor eval answers --corpus corpus.jsonl.gz --questions questions.jsonl.gz --records records.jsonl
  $ candor calibrate --records records.jsonl --out models/confidence/calibrator.json

Then for a site, with 200 or more of its own queries (lines {"id", "question", "answers": [..], "answerable"}):
  $ candor calibrate --labels labels.jsonl --records asked.jsonl --target-precision 0.9 --out .candor/calibrator.json
  $ CANDOR_CALIBRATOR=.candor/calibrator.json candor serve`,
    )
    .action(calibrate);
}

async function calibrate(options: CalibrateOptions): Promise<void> {
  const { records: path, labels, out, targetPrecision, confidence, index, force = false } = options;
  if (path === undefined && labels === undefined)
    throw new ServiceError('invalid-request', { message: 'Expected --records, or --labels of a site.' });
  if (!force && (await exists(out)))
    throw new ServiceError('invalid-request', {
      message: `${out} is there already; calibrators are replaced, never changed. Name another file or add --force.`,
    });
  if (labels !== undefined) {
    const { calibrateSite } = await import('./calibrate-site.js'); // Help and usage errors need no models.
    return await calibrateSite({ labels, records: path, out, targetPrecision, confidence, index });
  }
  if (path !== undefined) await calibrateModels(path, options);
}

async function calibrateModels(
  path: string,
  { out, targetPrecision, confidence, figures, traps: trapsPath }: CalibrateOptions,
): Promise<void> {
  const records = await readRecords(path);
  const trapRecords = trapsPath === undefined ? [] : await readRecords(trapsPath);
  const [cases, traps] = [toCases(records), toCases(trapRecords)];
  if (cases.length < MIN_CASES)
    throw new ServiceError('invalid-request', {
      message: `${path}: expected at least ${MIN_CASES} questions with an answer, found ${cases.length} of ${records.length}.`,
    });
  const fit = fitOrExplain(cases, { targetPrecision, confidence, traps }, path);
  const calibrator = toCalibrator(fit, oneVersion([...records, ...trapRecords], path), {
    targetPrecision,
    confidence,
  });
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(calibrator, null, 2)}\n`);
  const answerable = records.filter((record) => record.answerable).length;
  const table = renderFeatureTable(featureTable(cases, answerable, traps));
  if (figures !== undefined) await drawFigures(figures, cases, fit.served);
  const trapped = trapsPath === undefined ? '' : `\n${describeTraps(fit, trapRecords.length)}`;
  process.stdout.write(
    `${describe(calibrator, records.length, answerable)}${trapped}\n\n${groupTable(fit.groups)}\n\n${table}\n\nwritten to ${out}\n`,
  );
}

/** Questions that got an answer, chosen as it is today; the others have no confidence. */
export function toCases(records: readonly AnswerRecord[]): CalibrationCase[] {
  return records.map(chosenAnew).flatMap((record) => {
    const { id, question, top, features } = record;
    if (top === null || features === null) return [];
    return [
      {
        id,
        features: features as unknown as ConfidenceFeatures,
        right: isRightAnswer(record),
        group: queryGroupOf(question),
      },
    ];
  });
}

async function drawFigures(
  dir: string,
  cases: readonly CalibrationCase[],
  heldOut: CalibrationFit['served'],
): Promise<void> {
  const raw = (feature: 'relevanceScore' | 'meanTokenLogprob') =>
    cases.map(({ features, right }) => ({ confidence: features[feature] ?? 0, right }));
  const curves = [
    { name: 'confidence', answers: heldOut },
    { name: 'reranker score', answers: raw('relevanceScore') },
    { name: 'mean log-probability', answers: raw('meanTokenLogprob') },
  ];
  await writeFigure(dir, 'reliability', reliabilityFigure(heldOut, 'Reliability, held out'));
  await writeFigure(dir, 'risk-coverage', riskCoverageFigure(curves, 'Risk and coverage, held out'));
}

/** @throws ServiceError when the records are of more than one set of models. */
export function oneVersion(records: readonly AnswerRecord[], path: string): ModelVersions {
  const found = new Map<string, ModelVersions>();
  for (const { top, versions } of records) {
    const { policy, reward, prompt, reranker } = versions;
    // A reranker that was late once is missing in that record only.
    if (top === null || policy === null || reward === null || prompt === null) continue;
    const key = [policy, reward, prompt].join(' ');
    found.set(key, { policy, reward, prompt, reranker: found.get(key)?.reranker ?? reranker });
  }
  const [first, ...others] = found.values();
  if (first && others.length === 0) return first;
  throw new ServiceError('invalid-request', {
    message: `${path}: expected records of one set of models, found ${[...found.keys()].join('; ') || 'none'}.`,
  });
}

function fitOrExplain(cases: readonly CalibrationCase[], options: CalibrationOptions, path: string): CalibrationFit {
  try {
    return fitCalibration(cases, options);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ServiceError('invalid-request', { message: `${path}: cannot be fitted. ${cause.message}`, cause });
  }
}

export function toCalibrator(
  fit: CalibrationFit,
  fittedFor: ModelVersions,
  promised: Pick<Calibrator['fit'], 'targetPrecision' | 'confidence'>,
): Calibrator {
  const { threshold, heldOut, fitted, intercept, features, isotonic } = fit;
  const groups = fit.groups.flatMap(({ language, kind, questions, right, own }) => {
    if (!own) return [];
    const { minConfidence, precision, precisionLow, shown } = own.threshold;
    const { scores, values } = own.isotonic;
    return [
      {
        ...{ language, kind, isotonic: { scores: [...scores], values: [...values] }, minConfidence },
        ...{ questions, right, precision, precisionLow, shown },
        calibrationError: calibrationError(own.heldOut) ?? 1,
      },
    ];
  });
  return sealCalibrator({
    format: 1,
    fittedFor: { ...fittedFor, reranker: fittedFor.reranker ?? null },
    intercept,
    features,
    isotonic,
    minConfidence: threshold.minConfidence,
    ...(groups.length > 0 && { groups }),
    ...withDistribution(fitted),
    fit: {
      date: new Date().toISOString().slice(0, 10),
      questions: heldOut.length,
      right: heldOut.filter(({ right }) => right).length,
      ...promised,
      precision: threshold.precision,
      precisionLow: threshold.precisionLow,
      shown: threshold.shown,
      calibrationError: calibrationError(heldOut) ?? 1,
    },
  });
}

function describe(
  { version, features, minConfidence, fit }: Calibrator,
  questions: number,
  answerable: number,
): string {
  const shown =
    fit.precision === null
      ? `No threshold is proven to reach ${formatShare(fit.targetPrecision)}: with this calibrator nothing is shown.`
      : `shown from ${minConfidence.toFixed(4)} on: ${fit.shown} answers (coverage ${formatShare(fit.shown / answerable)}), ` +
        `precision ${formatShare(fit.precision)}, with ${formatShare(fit.confidence ?? 0.95)} confidence at least ${formatShare(fit.precisionLow)}`;
  return [
    `calibrator ${version}: ${questions} questions, ${fit.questions} with an answer, ${fit.right} of these right`,
    ...CONFIDENCE_FEATURES.flatMap((name) => {
      const used = features[name];
      return used ? [`  ${name.padEnd(20)} weight ${used.weight.toFixed(3).padStart(7)}`] : [];
    }),
    `calibration error, held out, 15 bins of equal mass: ${fit.calibrationError.toFixed(4)}`,
    shown,
  ].join('\n');
}

/** How many of the questions that look answerable would be answered at the threshold of all queries, held out. */
function describeTraps({ traps, threshold }: CalibrationFit, asked: number): string {
  const shown = traps.filter(({ confidence }) => confidence >= threshold.minConfidence).length;
  return `traps: ${shown} of ${asked} would be answered (${formatShare(shown / Math.max(1, asked))})`;
}

/** Which groups of queries have their own map and threshold, and why the others have not. */
function groupTable(groups: readonly GroupFit[]): string {
  const lines = groups.map(({ pooledBecause, own, questions, right, ...group }) => {
    const name = `  ${groupName(group).padEnd(24)}`;
    if (!own) return `${name}pooled: ${pooledBecause}`;
    const { minConfidence, shown, precision } = own.threshold;
    const found = `${name}its own, of ${questions} with an answer, ${right} right`;
    if (precision === null) return `${found}: no threshold is proven to reach the target, nothing is shown`;
    return `${found}: shown from ${minConfidence.toFixed(4)} on, ${shown} answers, ${formatShare(precision)} right`;
  });
  return ['groups of queries, by language and kind:', ...lines].join('\n');
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
