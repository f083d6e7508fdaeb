import type { AnswerExample } from '../answer-examples.js';
import type { AnswerFigures, AnswerReport } from '../answer-report.js';
import type { AnswerSlice } from '../answer-slices.js';
import { ANSWER_ROWS, SLICE_COLUMNS } from '../answer-table.js';
import type { Estimate } from '../bootstrap.js';
import type { JudgeComparison } from '../judge-comparison.js';
import { wilsonInterval } from '../wilson-interval.js';
import { formatShare } from './format.js';
import { escapeHtml } from './html/markup.js';
import { outcomeBars, outcomeLegend } from './html/outcome-bars.js';
import { page, table } from './html/page.js';
import { reliabilityPlot } from './html/reliability-plot.js';
import { riskCoveragePlot } from './html/risk-coverage-plot.js';

export interface AnswersHtmlOptions {
  /** What a reader must know to repeat it: date, files, versions. */
  description: string;
}

/** The figures about answers as one page. */
export function answersHtml(figures: AnswerFigures, { description }: AnswersHtmlOptions): string {
  const { report, answerable } = figures;
  const content = `<header>
<p class="soft">Answers</p>
<h1>${escapeHtml(headline(report))}</h1>
<p class="soft">${report.questions} questions, ${answerable} answerable and ${report.questions - answerable} not</p>
<p class="soft">${description.split('\n').map(escapeHtml).join('<br>')}</p>
</header>
${lead(figures)}
${plots(figures)}
${metricsSection(figures)}
${thresholdSection(report)}
${sliceSection(report)}
${report.judge ? judgeSection(report.judge) : ''}
${examplesSection(figures)}
${timesSection(report)}
${METHOD}`;
  return page({ title: `Answers: ${headline(report)}`, content });
}

const range = ({ value, low, high }: Estimate) =>
  value === null || low === null || high === null ? '' : `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;

const shownCount = ({ refusals: { answerable, unanswerable } }: AnswerReport) =>
  answerable.shownRight + answerable.shownWrong + unanswerable.shownRight + unanswerable.shownWrong;

function headline(report: AnswerReport): string {
  const shown = shownCount(report);
  return shown === 0
    ? `no answer shown for ${report.questions} questions`
    : `${shown} of ${report.questions} answered, ${formatShare(report.metrics.precisionShown.value)} of these right`;
}

function lead({ report, further }: AnswerFigures): string {
  const { precisionShown, coverageAt90, ece } = report.metrics;
  const shown = shownCount(report);
  // Not the bootstrap, which knows no doubt where all are right.
  const right = wilsonInterval(Math.round((precisionShown.value ?? 0) * shown), shown);
  const sentences = [
    `Of the answerable questions <b>${formatShare(further.coverageShown.value)}</b> got an answer`,
    precisionShown.value === null
      ? ''
      : `; of the answers shown <b>${formatShare(precisionShown.value)}</b> are right (95\u00a0% interval ${formatShare(right?.low)} to ${formatShare(right?.high)})`,
    '.',
    coverageAt90.value === null
      ? ''
      : ` With 90 % of them right, ${formatShare(coverageAt90.value)} could be answered (${range(coverageAt90)}), had the threshold been known.`,
    ece.value === null ? '' : ` A confidence is off by ${formatShare(ece.value)} in the mean.`,
  ];
  return `<p class="lead">${sentences.join('')}</p>`;
}

function plots({ report, answerable }: AnswerFigures): string {
  const { precisionShown } = report.metrics;
  const count = shownCount(report);
  const risk = riskCoveragePlot({
    points: report.riskCoverage,
    answerable,
    shown: precisionShown.value === null ? null : { count, precision: precisionShown.value },
  });
  const reliability = reliabilityPlot(report.reliability);
  const figure = (title: string, svg: string, caption: string) =>
    svg === '' ? '' : `<figure><h3>${title}</h3>${svg}<figcaption>${caption}</figcaption></figure>`;
  return `<h2>What was shown</h2>
<div class="plots">
<figure><h3>Outcomes</h3>${outcomeBars(report.refusals)}${outcomeLegend()}</figure>
${figure('Risk and coverage', risk, 'Share of wrong answers when the surest ones are shown; dotted: the same answers in the best order; dashed: 90 and 95 % right; the ring: what was shown.')}
${figure('Reliability', reliability, 'Share right over confidence, with 95 % intervals. Below the diagonal a confidence promises too much.')}
</div>${risk === '' ? '<p class="soft">No answer has a confidence, so there is no curve.</p>' : ''}`;
}

function metricsSection({ report, further }: AnswerFigures): string {
  const estimates = { ...report.metrics, ...further };
  const rows = ANSWER_ROWS.flatMap((row) => {
    if (row === null || estimates[row[0]].value === null) return [];
    const estimate = estimates[row[0]];
    const label = row[1].startsWith(' ')
      ? `<span class="soft">${escapeHtml(row[1].trim())}</span>`
      : escapeHtml(row[1]);
    return [[label, formatShare(estimate.value), range(estimate)]];
  });
  return `<h2>Figures</h2>\n${table(['', 'value', '95 % interval'], rows)}`;
}

function thresholdSection({ thresholds }: AnswerReport): string {
  if (thresholds.length === 0) return '';
  const rows = thresholds.map((row) => [
    row.targetPrecision === null ? 'fixed' : `precision ${formatShare(row.targetPrecision)}, in hindsight`,
    row.minConfidence?.toFixed(4) ?? 'none',
    String(row.shown),
    formatShare(row.coverage),
    formatShare(row.precision),
    row.low === null || row.high === null ? '' : `${(100 * row.low).toFixed(1)} to ${(100 * row.high).toFixed(1)}`,
  ]);
  return `<h2>Thresholds</h2>\n${table(['threshold', 'from', 'shown', 'coverage', 'precision', '95 % interval'], rows)}`;
}

function sliceSection({ slices }: AnswerReport): string {
  const ways = Object.entries(slices) as [string, Record<string, AnswerSlice>][];
  const sections = ways.map(([way, parts]) => {
    const rows = Object.entries(parts).map(([name, { questions, metrics }]) => [
      escapeHtml(name),
      String(questions),
      ...SLICE_COLUMNS.map(([metric]) => formatShare(metrics[metric].value)),
    ]);
    return `<h2>By ${way}</h2>\n${table([way, 'questions', ...SLICE_COLUMNS.map(([, label]) => label)], rows)}`;
  });
  return sections.join('\n');
}

function judgeSection({ judgeId, judged, notJudged, alone, against, gold }: JudgeComparison): string {
  const row = (label: string, estimate: Estimate) => [label, formatShare(estimate.value), range(estimate)];
  const name = escapeHtml(against?.name ?? '');
  const rows = [
    row('tells right from wrong (AUC)', alone.auc),
    row('prefers the longer, over answers (rank)', alone.lengthCorrelation),
    ...(against
      ? [
          row(`judge: preferred to ${name}`, against.winRate),
          row('at equal length', against.lengthControlledWinRate),
          row('same verdict in both orders', against.positionConsistency),
          row('of the longer answer', against.longerPreferred),
        ]
      : []),
    ...(gold
      ? [
          row('gold: F1 above that of the other', gold.winRate),
          row('gold: F1 minus that of the other', gold.f1Difference),
          row('judge agrees with gold, where F1 differs', gold.agreement),
        ]
      : []),
  ];
  return `<h2>The reward model as judge</h2>
<p class="soft">${escapeHtml(judgeId)}: ${judged} answers judged without the gold ones, ${notJudged} could not be.</p>
${table(['', 'value', '95 % interval'], rows)}`;
}

function examplesSection({ examples }: AnswerFigures): string {
  const list = (title: string, found: readonly AnswerExample[]) => {
    if (found.length === 0) return '';
    const rows = found.map(({ id, question, answer, golds, answerable, confidence }) => {
      const gold = golds.length > 0 ? golds.slice(0, 3).join('; ') : '-';
      const cells = [
        question || id,
        answer,
        answerable ? gold : `not answerable${golds.length > 0 ? ` (${gold})` : ''}`,
      ];
      return `<tr>${cells.map((cell) => `<td class="text">${escapeHtml(cell)}</td>`).join('')}<td>${formatShare(confidence)}</td></tr>`;
    });
    const head = ['question', 'answer', 'gold', 'confidence'].map((text) => `<th scope="col">${text}</th>`).join('');
    return `<h2>${title}</h2>
<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
  };
  return `${list('The surest wrong answers', examples.surestWrong)}\n${list('Right, and not shown', examples.withheldRight)}`;
}

function timesSection({ latencyMs }: AnswerReport): string {
  const rows = Object.entries(latencyMs).map(([stage, { p50, p95 }]) => [
    escapeHtml(stage),
    p50.toFixed(1),
    p95.toFixed(1),
  ]);
  return rows.length === 0 ? '' : `<h2>Time, ms</h2>\n${table(['stage', 'p50', 'p95'], rows)}`;
}

const METHOD = `<details><summary>How these figures are made</summary><dl>
<dt>Right</dt><dd>Token F1 with a gold answer of at least 0.7, after SQuAD's normalisation. An answer to an unanswerable question is wrong, unless it matches one that the question still lists.</dd>
<dt>Coverage, precision</dt><dd>Answers shown / answerable questions; right / shown.</dd>
<dt>Interval</dt><dd>95 % bootstrap by question; of a share in the plots and thresholds: Wilson.</dd>
<dt>In hindsight</dt><dd>The threshold was chosen on these questions, so its precision is a little too good.</dd>
<dt>Percent</dt><dd>Also of F1, AURC, Brier score and correlations, which lie between 0 and 1.</dd>
</dl></details>
<footer>Made with <code>candor eval answers</code>.</footer>`;
