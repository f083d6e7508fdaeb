import type { AnswerFigures, AnswerMetric, FurtherMetric } from './answer-report.js';
import type { Estimate } from './bootstrap.js';

const ROWS: (readonly [name: AnswerMetric | FurtherMetric, label: string] | null)[] = [
  ['recallAt1', 'recall@1'],
  ['recallAt5', 'recall@5'],
  ['recallAt20', 'recall@20'],
  ['retrievedAt1', '  before reranking, @1'],
  ['retrievedAt5', '  before reranking, @5'],
  ['retrievedAt20', '  before reranking, @20'],
  null,
  ['em', 'EM, best of n by reward'],
  ['f1', 'F1, best of n by reward'],
  ['f1Greedy', 'F1, greedy'],
  ['gainOverGreedy', '  best of n minus greedy'],
  ['f1GreedyOfBestPassage', 'F1, greedy on the best passage alone'],
  ['gainOverGreedyOfBestPassage', '  best of n minus that'],
  null,
  ['coverageAt80', 'coverage at 80 % precision'],
  ['coverageAt90', 'coverage at 90 % precision'],
  ['coverageAt95', 'coverage at 95 % precision'],
  ['aurc', 'area under risk-coverage'],
  ['ece', 'calibration error, 15 bins of equal mass'],
  ['eceEqualWidth', '  15 bins of equal width'],
  null,
  ['shownShare', 'answers shown, of all questions'],
  ['coverageShown', '  of the answerable ones (coverage)'],
  ['precisionShown', '  of these right (precision)'],
  ['shownOnUnanswerable', '  shown on unanswerable questions'],
  ['citationPrecision', 'citation precision'],
  ['refusalRight', 'refused, of the unanswerable'],
  ['refusalWrong', 'refused, of the answerable'],
];

/** The figures as a table for people, in percent with 95 % intervals, and the times in milliseconds. */
export function answerTable({ report, further, answerable, reasons }: AnswerFigures): string {
  const estimates = { ...report.metrics, ...further };
  const unanswerable = report.questions - answerable;
  const lines = [
    `${report.questions} questions: ${answerable} answerable, ${unanswerable} unanswerable`,
    '',
    `${''.padEnd(42)}${'%'.padStart(8)}   95 % interval`,
    ...ROWS.map((row) => (row ? estimateLine(row[1], estimates[row[0]]) : '')),
    '',
    `${'time, ms'.padEnd(42)}${'p50'.padStart(8)}${'p95'.padStart(10)}`,
    ...Object.entries(report.latencyMs).map(
      ([stage, { p50, p95 }]) => `${stage.padEnd(42)}${p50.toFixed(1).padStart(8)}${p95.toFixed(1).padStart(10)}`,
    ),
    '',
    `outcomes: ${Object.entries(reasons)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

function estimateLine(label: string, { value, low, high }: Estimate): string {
  const percent = (share: number | null) => (share === null ? '-' : (100 * share).toFixed(1));
  const interval = value === null ? '' : `   ${percent(low).padStart(6)} to ${percent(high)}`;
  return `${label.padEnd(42)}${percent(value).padStart(8)}${interval}`;
}
