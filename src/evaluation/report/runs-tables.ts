import type { Comparison } from '../compare-runs.js';
import { formatDifference, formatP, formatValue, isSignificant } from './format.js';
import type { RunsReport } from './runs-report.js';

/** Cells of the table of means: runs down, measures across. */
interface MeanCell {
  text: string;
  best: boolean;
  /** Significantly above (`up`) or below the baseline; `null` without baseline. */
  change: 'up' | 'down' | null;
}

export function meanTable(report: RunsReport): MeanCell[][] {
  const { runs, measures, comparisons } = report;
  return runs.map(({ name, values }) =>
    measures.map((measure, index) => {
      const mean = values[index]?.mean ?? null;
      const best = Math.max(...runs.map((run) => run.values[index]?.mean ?? Number.NEGATIVE_INFINITY));
      const compared = report.baseline
        ? comparisons.find((one) => one.run === name && one.measure === measure.name)
        : undefined;
      const change = compared && isSignificant(compared) ? (compared.difference > 0 ? 'up' : 'down') : null;
      return {
        text: formatValue(mean, measure.aggregate),
        best: runs.length > 1 && mean === best && measure.aggregate === 'mean',
        change,
      };
    }),
  );
}

const MARKS = { up: '▲', down: '▼' } as const;
const LEGEND = 'significant at 5 % against the baseline: randomisation test, Holm over the runs';

/** A Markdown table of the means; the best one of a measure is bold. */
export function runsMarkdown(report: RunsReport): string {
  const rows = meanTable(report).map((cells, index) => {
    const texts = cells.map(
      ({ text, best, change }) => `${best ? `**${text}**` : text}${change ? ` ${MARKS[change]}` : ''}`,
    );
    return `| ${[escapeMarkdown(nameOf(report, index)), ...texts].join(' | ')} |`;
  });
  const head = ['run', ...report.measures.map(({ name }) => escapeMarkdown(name))];
  const lines = [`| ${head.join(' | ')} |`, `| --- |${' ---: |'.repeat(report.measures.length)}`, ...rows];
  if (report.baseline) lines.push('', `▲ ▼ ${LEGEND} (${report.baseline}).`);
  return `${lines.join('\n')}\n`;
}

/** A LaTeX tabular of the means, for the booktabs package; the best one of a measure is bold. */
export function runsLatex(report: RunsReport): string {
  const marks = { up: '$^{\\blacktriangle}$', down: '$^{\\blacktriangledown}$' };
  const rows = meanTable(report).map((cells, index) => {
    const texts = cells.map(
      ({ text, best, change }) => `${best ? `\\textbf{${text}}` : text}${change ? marks[change] : ''}`,
    );
    return `  ${[escapeLatex(nameOf(report, index)), ...texts].join(' & ')} \\\\`;
  });
  return [
    ...(report.baseline ? [`% ${LEGEND} (${report.baseline}); the marks need amssymb`] : []),
    `\\begin{tabular}{l${'r'.repeat(report.measures.length)}}`,
    '  \\toprule',
    `  ${['run', ...report.measures.map(({ name }) => escapeLatex(name))].join(' & ')} \\\\`,
    '  \\midrule',
    ...rows,
    '  \\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

function nameOf({ runs, baseline }: RunsReport, index: number): string {
  const name = runs[index]?.name ?? '';
  return name === baseline ? `${name} (baseline)` : name;
}

const escapeMarkdown = (text: string) => text.replace(/[|\\*_`<]/g, '\\$&');
const escapeLatex = (text: string) =>
  text
    .replace(/\\/g, '\\textbackslash{}')
    .replace(/[&%$#_{}]/g, (character) => `\\${character}`)
    .replace(/\\textbackslash\\\{\\\}/g, '\\textbackslash{}')
    .replace(/~/g, '\\textasciitilde{}')
    .replace(/\^/g, '\\textasciicircum{}');

/** Rows as text: columns as wide as needed, numbers to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

export interface RunsTextOptions {
  /** Also the values of every topic. */
  perTopic?: boolean;
}

/** The whole report for a terminal. */
export function runsText(report: RunsReport, { perTopic = false }: RunsTextOptions = {}): string {
  const { topics, judgements, relevant, measures, runs, comparisons } = report;
  const table = meanTable(report);
  const sections = [
    [`${topics.length} topics, ${judgements} judgements, ${relevant} of them relevant (${report.qrels})`],
    columns([
      ['', ...measures.map(({ name }) => name)],
      ...runs.map((_, index) => [
        nameOf(report, index),
        // A column of its own for the mark would do as well; a blank keeps the digits in line.
        ...(table[index] ?? []).map(({ text, change }) => `${text}${change ? MARKS[change] : ' '}`),
      ]),
    ]),
    ...(report.baseline && comparisons.some(isSignificant) ? [[`▲ ▼ ${LEGEND}`]] : []),
    ...pairsOf(comparisons).map(pairText),
    ...(perTopic ? measures.map((_, index) => topicText(report, index)) : []),
    ...(report.notes.length > 0 ? [report.notes.map((note) => `Note: ${note}`)] : []),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The comparisons of each two runs, in the order of the measures. */
export function pairsOf(comparisons: readonly Comparison[]): Comparison[][] {
  const pairs = new Map<string, Comparison[]>();
  for (const one of comparisons) {
    const key = JSON.stringify([one.baseline, one.run]);
    pairs.set(key, [...(pairs.get(key) ?? []), one]);
  }
  return [...pairs.values()];
}

function pairText(comparisons: readonly Comparison[]): string[] {
  const [first] = comparisons;
  if (!first) return [];
  const tukey = first.tukeyPValue !== null;
  const head = [
    '',
    'difference',
    '95 % interval',
    'p: t',
    'Wilcoxon',
    'randomised',
    'Holm',
    ...(tukey ? ['Tukey'] : []),
  ];
  const rows = comparisons.map((one) => [
    `  ${one.measure}`,
    formatDifference(one.difference),
    `${formatDifference(one.interval.low)} to ${formatDifference(one.interval.high)}`,
    formatP(one.tTest.pValue),
    formatP(one.wilcoxon.pValue),
    formatP(one.randomisation.pValue),
    formatP(one.randomisation.holmPValue),
    ...(tukey ? [formatP(one.tukeyPValue ?? 1)] : []),
    `${one.wins}/${one.ties}/${one.losses}`,
  ]);
  const changed = first.mostChanged
    .slice(0, 5)
    .map(({ topic, difference }) => `${topic} (${formatDifference(difference)})`);
  return [
    `${first.run} against ${first.baseline}`,
    ...columns([[...head, 'win/tie/loss'], ...rows]),
    ...(changed.length > 0 ? [`  most changed in ${first.measure}: ${changed.join(', ')}`] : []),
  ];
}

function topicText({ topics, runs, measures }: RunsReport, index: number): string[] {
  const { name = '', aggregate = 'mean' } = measures[index] ?? {};
  const rows = topics.map((topic, at) => [
    topic,
    ...runs.map(({ values }) => formatValue(values[index]?.perTopic[at], aggregate)),
  ]);
  return columns([[name, ...runs.map((run) => run.name)], ...rows]);
}
