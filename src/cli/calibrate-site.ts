import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ServiceError } from '../errors.js';
import type { AnswerRecord } from '../evaluation/answer-record.js';
import { type Question, readQuestions } from '../evaluation/question.js';
import { formatShare } from '../evaluation/report/format.js';
import { isRightAnswer } from '../evaluation/right-answer.js';
import { type Calibrator, parseCalibrator, sealCalibrator } from '../reward/calibrator.js';
import { fewestProvable, type GuaranteeMet, guaranteedThreshold } from '../reward/guaranteed-threshold.js';
import type { ConfidenceOutcome } from '../reward/threshold.js';
import { askPipeline } from './ask-pipeline.js';
import { interruptible } from './interruptible.js';
import { configWith } from './options.js';
import { openRecordFile } from './record-file.js';
import { withDistribution } from './with-distribution.js';

export interface SiteCalibration {
  /** Question lines as `candor eval answers` reads them. */
  labels: string;
  /** Where records are kept as they come; those that are there are not asked again. */
  records?: string | undefined;
  out: string;
  targetPrecision: number;
  confidence: number;
  index?: string;
}

/**
 * Asks a site's own labelled queries and writes the calibrator that is in use once more, with the threshold that they
 * prove.
 *
 * @throws ServiceError when they prove none, saying how many more would.
 */
export async function calibrateSite({
  labels: path,
  records: recordsPath,
  out,
  targetPrecision,
  confidence,
  index,
}: SiteCalibration) {
  const questions = await readQuestions(path);
  requireConsistent(questions, path);
  const config = configWith({ CANDOR_INDEX_DIR: index });
  const base = parseCalibrator(await readFile(config.calibrator, 'utf8'), config.calibrator);
  const file = await openRecordFile(recordsPath, recordsPath !== undefined);
  const asked = new Map(earlierRecords(file.earlier, base, recordsPath).map((record) => [record.id, record]));
  const left = questions.filter(({ id }) => {
    const record = asked.get(id);
    return record === undefined || isFailed(record);
  });
  const keep = async (record: AnswerRecord) => {
    asked.set(record.id, record);
    await file.add(record);
  };
  // The next labels are drawn from the traces; these queries are no visitors'.
  const untraced = { ...config, traces: { ...config.traces, dir: undefined } };
  const hint = recordsPath && `Run the same command to go on with ${recordsPath}.`;
  try {
    if (left.length > 0)
      await interruptible(
        (signal) => askPipeline(untraced, left, { label: 'queries', textOf: null, signal, keep }),
        hint,
      );
  } finally {
    await file.close();
  }
  // The labels of today count, whatever they were when the queries were asked.
  const records = questions.flatMap((question) => {
    const record = asked.get(question.id);
    return record ? [{ ...record, ...question }] : [];
  });
  const { calibrator, counted, leftOut } = prove(base, records, { targetPrecision, confidence });
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(calibrator, null, 2)}\n`);
  process.stdout.write(
    `${describe(calibrator, counted)}\n${leftOut && `${leftOut}\n`}written to ${out}; serve with it: CANDOR_CALIBRATOR=${out}\n`,
  );
}

/**
 * The calibrator with the threshold that the labels prove. Queries that failed are no labels.
 *
 * @throws ServiceError when they prove none.
 */
export function prove(
  base: Calibrator,
  records: readonly AnswerRecord[],
  target: Pick<SiteCalibration, 'targetPrecision' | 'confidence'>,
): { calibrator: Calibrator; counted: readonly AnswerRecord[]; leftOut: string } {
  const counted = records.filter((record) => !isFailed(record));
  const leftOut = describeFailures(records);
  const outcomes = toOutcomes(counted);
  const promised = { labels: counted.length, ...target };
  const found = guaranteedThreshold(outcomes, promised);
  if (!found.supported) throw notProven(found.moreLabels, outcomes, { ...promised, leftOut });
  return { calibrator: withGuarantee({ ...base, ...withDistribution(outcomes) }, found, promised), counted, leftOut };
}

/** @throws ServiceError when they are of other models or of another calibrator: their confidences mean something else. */
export function earlierRecords(
  records: readonly AnswerRecord[],
  { version }: Pick<Calibrator, 'version'>,
  path = '',
): readonly AnswerRecord[] {
  const other = records.find(({ versions }) => versions.calibrator !== null && versions.calibrator !== version);
  if (!other) return records;
  const message = `${path}: ${other.id} was asked with the calibrator ${other.versions.calibrator}, in use is ${version}. Name another file.`;
  throw new ServiceError('calibrator-mismatch', { message });
}

/** What says nothing about answers, and how a user reads it. */
const FAILURES: Partial<Record<AnswerRecord['reason'], string>> = {
  failed: 'whose search failed',
  deadline: 'whose answer missed its deadline',
  'generator-unavailable': 'whose generator, reward model or guard failed',
};

/** Its answer is not known: the label has nothing to stand beside, and the query is asked again in the next run. */
export const isFailed = ({ reason }: Pick<AnswerRecord, 'reason'>): boolean => reason in FAILURES;

/** How many queries are left out of the proof, why, and what helps; empty when none is. */
export function describeFailures(records: readonly Pick<AnswerRecord, 'reason'>[]): string {
  const failed = records.filter(isFailed);
  if (failed.length === 0) return '';
  const parts = Object.entries(FAILURES).flatMap(([reason, what]) => {
    const count = failed.filter((record) => record.reason === reason).length;
    return count > 0 ? [`${count} ${what}`] : [];
  });
  const late = failed.some(({ reason }) => reason === 'deadline')
    ? ' Late ones need a quieter machine or a longer CANDOR_ANSWER_DEADLINE_MS.'
    : '';
  return `Left out, and asked again by the next run with the same --records: ${parts.join(', ')}.${late}`;
}

/** Answers that could have been shown. A confidence that is no probability shows nothing, here as in the service. */
export function toOutcomes(records: readonly AnswerRecord[]): ConfidenceOutcome[] {
  return records.flatMap((record) =>
    record.top !== null && record.confidence !== null && record.confidence >= 0 && record.confidence <= 1
      ? [{ confidence: record.confidence, right: isRightAnswer(record) }]
      : [],
  );
}

/** @throws ServiceError naming the two lines' ids when one query has two labels that differ. */
export function requireConsistent(questions: readonly Question[], path: string): void {
  const seen = new Map<string, Question>();
  for (const question of questions) {
    const text = question.question.toLowerCase().replace(/\s+/g, ' ');
    const earlier = seen.get(text);
    if (earlier) {
      const same =
        JSON.stringify([earlier.answers, earlier.answerable]) ===
        JSON.stringify([question.answers, question.answerable]);
      const what = same ? 'is there twice' : 'has two labels that differ';
      const message = `${path}: "${question.question}" ${what} (${earlier.id}, ${question.id}). Keep one line.`;
      throw new ServiceError('invalid-request', { message });
    }
    seen.set(text, question);
  }
}

type Promised = Pick<NonNullable<Calibrator['guarantee']>, 'labels' | 'targetPrecision' | 'confidence'>;

export function withGuarantee(base: Calibrator, found: GuaranteeMet, promised: Promised): Calibrator {
  const { version, guarantee: _, ...content } = base;
  const { minConfidence, shown, right, precisionLow } = found;
  // What was proven is one threshold for all queries, with the confidences of their groups.
  const groups = content.groups?.map((group) => ({ ...group, minConfidence }));
  const date = new Date().toISOString().slice(0, 10);
  return sealCalibrator({
    ...content,
    minConfidence,
    ...(groups && { groups }),
    guarantee: { ...promised, date, basedOn: version, shown, right, precisionLow },
  });
}

export function notProven(
  moreLabels: number | null,
  outcomes: readonly ConfidenceOutcome[],
  { labels, leftOut, targetPrecision, confidence }: Promised & { leftOut: string },
): ServiceError {
  const right = outcomes.filter((outcome) => outcome.right).length;
  const facts = `${labels} labelled queries that count, ${outcomes.length} answered, ${right} of these right`;
  const fewest = fewestProvable(targetPrecision, 1 - confidence);
  const hopeless =
    outcomes.length < fewest
      ? `So few say nothing of how many labels it takes: the fewest answers that prove it are ${fewest}, all of them right.`
      : 'At no threshold are enough of them right so far; more labels of the same kind would not change that.';
  const said =
    moreLabels === null
      ? hopeless
      : `About ${moreLabels} more labels would, if the answers go on being right as often.`;
  const message = `No threshold is proven to be right in ${formatShare(targetPrecision)} with ${formatShare(confidence)} confidence: ${[`${facts}.`, said, leftOut].filter(Boolean).join(' ')}`;
  return new ServiceError('invalid-request', { message });
}

function describe({ version, minConfidence, guarantee }: Calibrator, questions: readonly Question[]): string {
  if (!guarantee) return '';
  const answerable = questions.filter((question) => question.answerable).length;
  const { shown, right, precisionLow, targetPrecision, confidence } = guarantee;
  return [
    `calibrator ${version}: shown from ${minConfidence.toFixed(4)} on`,
    `with ${formatShare(confidence)} confidence at least ${formatShare(targetPrecision)} of the shown answers are right`,
    `on the labelled queries: ${shown} shown (${formatShare(shown / Math.max(1, answerable))} of the ${answerable} answerable), ` +
      `${right} right, lower bound at this threshold ${formatShare(precisionLow)}`,
  ].join('\n');
}
