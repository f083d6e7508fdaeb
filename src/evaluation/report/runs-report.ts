import { type CompareOptions, type Comparison, compareRuns } from '../compare-runs.js';
import { type EvaluatedRun, type EvaluateOptions, evaluateRun, type RunFile } from '../evaluate-runs.js';
import { readQrels } from '../formats/qrels.js';
import { type Judgements, prepareJudgements } from '../judgements.js';
import { type ParsedMeasure, parseMeasure } from '../measures/ranking/parse-measure.js';

export interface RunsReportOptions extends EvaluateOptions, CompareOptions {
  /** Also what the curves of the HTML report need. */
  curves?: boolean;
}

/** Everything that a report on runs can say. */
export interface RunsReport {
  /** Path of the judgements. */
  qrels: string;
  topics: readonly string[];
  judgements: number;
  /** Grades of 1 and more. */
  relevant: number;
  measures: readonly ParsedMeasure[];
  /** With values of `measures` only. */
  runs: readonly EvaluatedRun[];
  baseline: string | null;
  comparisons: readonly Comparison[];
  /** For each run; `null` when they were not asked for. */
  curves: readonly RunCurves[] | null;
  /** What a reader should know besides the figures, a sentence each. */
  notes: readonly string[];
}

/** Means over the topics, for plots. */
export interface RunCurves {
  /** At a recall of 0, 0.1, … 1. */
  interpolatedPrecision: readonly number[];
  /** nDCG at each of `CURVE_DEPTHS`. */
  ndcg: readonly number[];
  /** Recall at each of `CURVE_DEPTHS`. */
  recall: readonly number[];
}

export const CURVE_RECALLS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;
export const CURVE_DEPTHS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 300, 500, 700, 1000] as const;

/**
 * Reads judgements and runs, evaluates and compares.
 *
 * @throws ServiceError naming file and line.
 */
export async function reportRuns(
  qrelsPath: string,
  files: readonly RunFile[],
  measures: readonly ParsedMeasure[],
  options: RunsReportOptions = {},
): Promise<RunsReport> {
  const judgements = prepareJudgements(await readQrels(qrelsPath));
  const asked = options.curves ? [...measures, ...curveMeasures().map(parseMeasure)] : measures;
  const evaluated: EvaluatedRun[] = [];
  for (const file of files) evaluated.push(await evaluateRun(file, judgements, asked, options));
  const runs = evaluated.map((run) => ({ ...run, values: run.values.slice(0, measures.length) }));
  return {
    qrels: qrelsPath,
    topics: judgements.topics.map(({ topic }) => topic),
    judgements: judgements.topics.reduce((sum, { grades }) => sum + grades.length, 0),
    relevant: judgements.topics.reduce((sum, { grades }) => sum + grades.filter((grade) => grade > 0).length, 0),
    measures,
    runs,
    baseline: options.baseline ?? null,
    comparisons: compareRuns(runs, measures, judgements, options),
    curves: options.curves ? evaluated.map((run) => curvesOf(run, measures.length)) : null,
    notes: notesOn(evaluated, judgements, options),
  };
}

const curveMeasures = () => [
  ...CURVE_RECALLS.map((recall) => `IPrec@${recall}`),
  ...CURVE_DEPTHS.map((depth) => `nDCG@${depth}`),
  ...CURVE_DEPTHS.map((depth) => `R@${depth}`),
];

function curvesOf({ values }: EvaluatedRun, from: number): RunCurves {
  const means = values.slice(from).map(({ mean }) => mean ?? 0);
  const [recalls, depths] = [CURVE_RECALLS.length, CURVE_DEPTHS.length];
  return {
    interpolatedPrecision: means.slice(0, recalls),
    ndcg: means.slice(recalls, recalls + depths),
    recall: means.slice(recalls + depths),
  };
}

function notesOn(
  runs: readonly EvaluatedRun[],
  { topics }: Judgements,
  { missing = 'zero' }: EvaluateOptions,
): string[] {
  const empty = topics.filter(({ sortedGrades }) => (sortedGrades[0] ?? 0) < 1).length;
  return [
    ...runs.flatMap(({ name, missingTopics, summary }) => [
      ...(missingTopics.length === 0
        ? []
        : [
            `${name} lacks ${topicsOf(missingTopics)}; ${missing === 'zero' ? 'they count as empty rankings (as in trec_eval -c and ir_measures)' : 'its means leave them out (as in trec_eval without -c)'}.`,
          ]),
      ...(summary.unjudgedTopics === 0
        ? []
        : [`${name} has ${count(summary.unjudgedTopics, 'topic')} that nobody judged; left out.`]),
    ]),
    ...tiesNote(runs),
    ...(empty === 0
      ? []
      : [`${count(empty, 'judged topic')} without a relevant document: 0 in nearly every measure, and in the means.`]),
  ];
}

function tiesNote(runs: readonly EvaluatedRun[]): string[] {
  const tied = runs.filter(({ summary }) => summary.tiedTopics > 0);
  if (tied.length === 0) return [];
  const where = tied.map(({ name, summary }) => `${name} (${count(summary.tiedTopics, 'topic')})`).join(', ');
  return [`Equal scores in ${where}: ordered by descending document id, as in trec_eval.`];
}

const NAMED_TOPICS = 5;

function topicsOf(topics: readonly string[]): string {
  const named = topics.slice(0, NAMED_TOPICS).join(', ');
  return `${count(topics.length, 'judged topic')} (${named}${topics.length > NAMED_TOPICS ? ', …' : ''})`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
