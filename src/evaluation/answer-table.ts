import type { AnswerMetric, FurtherMetric } from './answer-metrics.js';
import type { AnswerFigures, AnswerReport } from './answer-report.js';
import type { AnswerSlice } from './answer-slices.js';
import type { Estimate } from './bootstrap.js';
import type { JudgeComparison } from './judge-comparison.js';
import { OUTCOME_LABELS, OUTCOMES } from './refusals.js';

/** The figures in the order of reading; `null` for a gap. What begins with blanks belongs to the line above. */
export const ANSWER_ROWS: (readonly [name: AnswerMetric | FurtherMetric, label: string] | null)[] = [
  ['recallAt1', 'recall@1'],
  ['recallAt5', 'recall@5'],
  ['recallAt20', 'recall@20'],
  ['retrievedAt1', '  before reranking, @1'],
  ['retrievedAt5', '  before reranking, @5'],
  ['retrievedAt20', '  before reranking, @20'],
  null,
  ['em', 'EM, best of n by reward'],
  ['f1', 'F1, best of n by reward'],
  ['rougeL', 'ROUGE-L, best of n by reward'],
  ['f1Greedy', 'F1, greedy'],
  ['gainOverGreedy', '  best of n minus greedy'],
  ['f1GreedyOfBestPassage', 'F1, greedy on the best passage alone'],
  ['gainOverGreedyOfBestPassage', '  best of n minus that'],
  null,
  ['coverageAt80', 'coverage at 80 % precision'],
  ['coverageAt90', 'coverage at 90 % precision'],
  ['coverageAt95', 'coverage at 95 % precision'],
  ['aurc', 'area under risk-coverage'],
  ['excessAurc', '  above that of the best order'],
  ['ece', 'calibration error, 15 bins of equal mass'],
  ['eceByChance', '  of perfect confidences, by chance'],
  ['overconfidence', '  mean confidence minus share right'],
  ['eceEqualWidth', '  15 bins of equal width'],
  ['ace', '  adaptive: each bin counts the same'],
  ['brier', 'Brier score'],
  null,
  ['shownShare', 'answers shown, of all questions'],
  ['coverageShown', '  of the answerable ones (coverage)'],
  ['precisionShown', '  of these right (precision)'],
  ['shownOnUnanswerable', '  shown on unanswerable questions'],
  ['citationPrecision', 'citation precision'],
  ['citationRecall', 'citation recall'],
  ['refusalRight', 'refused, of the unanswerable'],
  ['refusalWrong', 'refused, of the answerable'],
];

/** The figures as a table for people, in percent with 95 % intervals, and the times in milliseconds. */
export function answerTable({ report, further, answerable, reasons }: AnswerFigures): string {
  const estimates = { ...report.metrics, ...further };
  const unanswerable = report.questions - answerable;
  const lines = [
    `${report.questions} questions: ${answerable} answerable, ${unanswerable} unanswerable${failedNote(report)}`,
    '',
    `${''.padEnd(42)}${'%'.padStart(8)}   95 % interval`,
    ...ANSWER_ROWS.map((row) => (row ? estimateLine(row[1], estimates[row[0]]) : '')),
    '',
    ...refusalLines(report),
    ...thresholdLines(report),
    ...sliceLines(report),
    ...(report.judge ? judgeLines(report.judge) : []),
    ...latencyLines(report),
    `outcomes: ${Object.entries(reasons)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

const failedNote = ({ failed }: AnswerReport) => (failed === 0 ? '' : `; ${failed} failed, and count as nothing found`);

const latencyLines = ({ latencyMs }: AnswerReport) =>
  Object.keys(latencyMs).length === 0
    ? []
    : [
        `${'time, ms'.padEnd(42)}${'p50'.padStart(8)}${'p95'.padStart(10)}`,
        ...Object.entries(latencyMs).map(
          ([stage, { p50, p95 }]) => `${stage.padEnd(42)}${p50.toFixed(1).padStart(8)}${p95.toFixed(1).padStart(10)}`,
        ),
        '',
      ];

const refusalLines = ({ refusals }: AnswerReport) => [
  `${'what was done'.padEnd(42)}${'answerable'.padStart(12)}${'unanswerable'.padStart(14)}`,
  ...OUTCOMES.map(
    (outcome) =>
      `${OUTCOME_LABELS[outcome].padEnd(42)}${String(refusals.answerable[outcome]).padStart(12)}` +
      `${String(refusals.unanswerable[outcome]).padStart(14)}`,
  ),
  '',
];

function thresholdLines({ thresholds }: AnswerReport): string[] {
  if (thresholds.length === 0) return [];
  const head = `${'threshold'.padEnd(30)}${'from'.padStart(8)}${'shown'.padStart(8)}${'coverage'.padStart(10)}`;
  const lines = thresholds.map((row) => {
    const label = row.targetPrecision === null ? 'fixed' : `precision ${percent(row.targetPrecision)} %, in hindsight`;
    const interval = row.precision === null ? '' : `   ${percent(row.low).padStart(6)} to ${percent(row.high)}`;
    return (
      `${label.padEnd(30)}${(row.minConfidence?.toFixed(4) ?? 'none').padStart(8)}${String(row.shown).padStart(8)}` +
      `${percent(row.coverage).padStart(10)}${percent(row.precision).padStart(11)}${interval}`
    );
  });
  return [`${head}${'precision'.padStart(11)}   95 % interval`, ...lines, ''];
}

export const SLICE_COLUMNS = [
  ['f1', 'F1'],
  ['em', 'EM'],
  ['rougeL', 'ROUGE-L'],
  ['shownShare', 'shown'],
  ['precisionShown', 'precision'],
  ['refusalRight', 'refused +'],
  ['refusalWrong', 'refused -'],
  ['aurc', 'AURC'],
  ['brier', 'Brier'],
] as const;

function sliceLines({ slices }: AnswerReport): string[] {
  const ways = Object.entries(slices) as [string, Record<string, AnswerSlice>][];
  return ways.flatMap(([way, parts]) => [
    `${`by ${way}`.padEnd(26)}${'questions'.padStart(10)}${SLICE_COLUMNS.map(([, label]) => label.padStart(11)).join('')}`,
    ...Object.entries(parts).map(
      ([name, { questions, metrics }]) =>
        `${name.slice(0, 25).padEnd(26)}${String(questions).padStart(10)}` +
        SLICE_COLUMNS.map(([metric]) => percent(metrics[metric].value).padStart(11)).join(''),
    ),
    '',
  ]);
}

/** The judge's word is never shown without what the gold answers say of the same answers. */
function judgeLines({ judgeId, judged, notJudged, gold, alone, against }: JudgeComparison): string[] {
  const lines = [
    `judge ${judgeId}: ${judged} answers judged, ${notJudged} could not be (no citation to read them with)`,
    estimateLine('judge tells right from wrong (AUC)', alone.auc),
    estimateLine('judge prefers the longer, over answers (rank)', alone.lengthCorrelation),
  ];
  if (against) {
    lines.push(
      estimateLine(`judge: preferred to ${against.name}`, against.winRate),
      estimateLine('  at equal length', against.lengthControlledWinRate),
      estimateLine('  same verdict in both orders', against.positionConsistency),
      estimateLine('  of the longer answer', against.longerPreferred),
      estimateLine('gold: F1 above that of the other', gold?.winRate ?? NOTHING),
      estimateLine('gold: F1 minus that of the other', gold?.f1Difference ?? NOTHING),
      estimateLine('judge agrees with gold, where F1 differs', gold?.agreement ?? NOTHING),
    );
  }
  return [...lines, ''];
}

const NOTHING: Estimate = { value: null, low: null, high: null };

const percent = (share: number | null) => (share === null ? '-' : (100 * share).toFixed(1));

function estimateLine(label: string, { value, low, high }: Estimate): string {
  const interval = value === null ? '' : `   ${percent(low).padStart(6)} to ${percent(high)}`;
  return `${label.padEnd(42)}${percent(value).padStart(8)}${interval}`;
}
