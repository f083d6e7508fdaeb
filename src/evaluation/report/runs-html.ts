import type { Comparison } from '../compare-runs.js';
import type { EvaluatedRun } from '../evaluate-runs.js';
import { formatDifference, formatP, formatValue, isSignificant } from './format.js';
import { differencePlot } from './html/difference-plot.js';
import { intervalPlot } from './html/interval-plot.js';
import { type Line, linePlot } from './html/line-plot.js';
import { escapeHtml } from './html/markup.js';
import { page, table } from './html/page.js';
import { COLOURS } from './html/style.js';
import { CURVE_DEPTHS, CURVE_RECALLS, type RunCurves, type RunsReport } from './runs-report.js';
import { meanTable } from './runs-tables.js';

/** Plots of topic differences for each measure; with every run against every other there could be hundreds. */
const MOST_PLOTS = 12;

/** The whole report as one page. */
export function runsHtml(report: RunsReport): string {
  const { runs, measures, topics, qrels, judgements, relevant } = report;
  const size = `${runs.length === 1 ? '1 run' : `${runs.length} runs`}, ${topics.length} topics`;
  const content = `<header>
<p class="soft">Run comparison</p>
<h1>${escapeHtml(headline(report))}</h1>
<p class="soft">${size}, ${judgements} judgements (${relevant} relevant) from <code>${escapeHtml(qrels)}</code></p>
</header>
${verdicts(report)}
${meansSection(report)}
${notesSection(report)}
${choice(report)}
${measures.map((_, index) => measureSection(report, index)).join('\n')}
${curvesSection(report)}
${methodSection(report)}`;
  const title = `${runs.map(({ name }) => name).join(', ')}: run comparison`;
  return page({ title, content, measures: measures.length });
}

function headline({ runs, measures }: RunsReport): string {
  const [first] = measures;
  const best = runs.toSorted((a, b) => (b.values[0]?.mean ?? 0) - (a.values[0]?.mean ?? 0))[0];
  if (!first || !best) return 'No runs';
  const value = formatValue(best.values[0]?.mean, first.aggregate);
  return runs.length === 1
    ? `${best.name}: ${first.name} ${value}`
    : `${best.name} is ahead in ${first.name} with ${value}`;
}

/** One sentence for each comparison in the first measure, while they are few. */
function verdicts({ comparisons, measures }: RunsReport): string {
  const first = comparisons.filter(({ measure }) => measure === measures[0]?.name).slice(0, 6);
  return first.map((one) => `<p class="lead">${verdict(one)}</p>`).join('\n');
}

function verdict(one: Comparison): string {
  const { run, baseline, difference, interval, wins, losses, randomisation, topics } = one;
  const size = `<b class="${difference < 0 ? 'down' : 'up'}">${formatDifference(difference)}</b>`;
  const range = `95\u00a0% interval ${formatDifference(interval.low)} to ${formatDifference(interval.high)}`;
  const says = isSignificant(one) ? 'a significant difference' : 'no significant difference';
  return `<b>${escapeHtml(run)}</b> against <b>${escapeHtml(baseline)}</b>: ${size} (${range}), ${says} (p\u00a0${escapeHtml(formatP(randomisation.holmPValue))}); better on ${wins} and worse on ${losses} of ${topics} topics.`;
}

const swatch = (index: number, name: string) =>
  `<span class="c${index % COLOURS}"><span class="swatch"></span><span>${escapeHtml(name)}</span></span>`;

function meansSection(report: RunsReport): string {
  const { measures, runs, baseline } = report;
  const rows = meanTable(report).map((cells, index) => {
    const name = runs[index]?.name ?? '';
    const label = `${swatch(index, name)}${name === baseline ? ' <span class="soft">baseline</span>' : ''}`;
    const values = cells.map(({ text, best, change }) => {
      const mark = change ? ` <span class="${change}" title="significant">${change === 'up' ? '▲' : '▼'}</span>` : '';
      return `<td${best ? ' class="best"' : ''}>${text}${mark}</td>`;
    });
    return `<tr><th scope="row">${label}</th>${values.join('')}</tr>`;
  });
  const head = measures.map(
    ({ name, description }) => `<th scope="col" title="${escapeHtml(description)}">${escapeHtml(name)}</th>`,
  );
  const legend = baseline
    ? `<p class="soft">▲ ▼ differs from ${escapeHtml(baseline)} at 5 % (randomisation test, Holm over the runs). Bold: best.</p>`
    : '';
  return `<h2>Means</h2>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">run</th>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
${legend}`;
}

function notesSection({ notes }: RunsReport): string {
  if (notes.length === 0) return '';
  return `<div class="notes"><ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul></div>`;
}

function choice({ measures, comparisons }: RunsReport): string {
  if (comparisons.length === 0) return '';
  const options = measures.map(
    ({ name }, index) =>
      `<label><input type="radio" name="measure" id="measure-${index}"${index === 0 ? ' checked' : ''}>${escapeHtml(name)}</label>`,
  );
  return `<fieldset class="choice"><legend>Measure</legend>${options.join('')}</fieldset>`;
}

function measureSection(report: RunsReport, index: number): string {
  const measure = report.measures[index];
  const comparisons = report.comparisons.filter((one) => one.measure === measure?.name);
  if (!measure || comparisons.length === 0) return '';
  const name = escapeHtml(measure.name);
  const pairName = ({ run, baseline }: Comparison) => (report.baseline ? run : `${run} − ${baseline}`);
  const shown = comparisons.slice(0, MOST_PLOTS);
  const plots = shown.map((one) => {
    const label = `${measure.name} of each topic, ${one.run} minus ${one.baseline}: better on ${one.wins}, worse on ${one.losses}`;
    return `<figure><h3>${escapeHtml(one.run)} against ${escapeHtml(one.baseline)}</h3>${differencePlot(label, differencesOf(report, one, index))}</figure>`;
  });
  const left = comparisons.length - shown.length;
  return `<section data-measure="${index}">
<h2>${name}: ${escapeHtml(measure.description)}</h2>
<div class="plots"><figure><h3>Mean difference${report.baseline ? ` to ${escapeHtml(report.baseline)}` : ''}</h3>${intervalPlot(`Mean differences in ${measure.name} with 95 % intervals`, comparisons, pairName)}<figcaption>With 95 % bootstrap interval; grey: not significant.</figcaption></figure>
${plots.join('\n')}</div>
${left > 0 ? `<p class="soft">Plots of ${left} more pairs are left out; their figures are in the table.</p>` : ''}
<h2>Tests in ${name}</h2>
${testsTable(comparisons)}
<h2>Topics that changed most in ${name}</h2>
${changesTable(shown)}
</section>`;
}

function differencesOf({ topics, runs }: RunsReport, { run, baseline }: Comparison, index: number) {
  const valuesOf = (name: string) => runs.find((one) => one.name === name)?.values[index]?.perTopic;
  const [base, own] = [valuesOf(baseline), valuesOf(run)];
  return topics.flatMap((topic, at) => {
    const difference = (own?.[at] ?? Number.NaN) - (base?.[at] ?? Number.NaN);
    return Number.isNaN(difference) ? [] : [{ topic, difference }];
  });
}

function testsTable(comparisons: readonly Comparison[]): string {
  const tukey = comparisons.some(({ tukeyPValue }) => tukeyPValue !== null);
  const head = [
    'comparison',
    'difference',
    '95 % interval',
    'effect size',
    'p t-test',
    'p Wilcoxon',
    'p randomised',
    'p Holm',
  ];
  if (tukey) head.push('p Tukey');
  head.push('win / tie / loss');
  const rows = comparisons.map((one) => {
    const cells = [
      formatDifference(one.difference),
      `${formatDifference(one.interval.low)} to ${formatDifference(one.interval.high)}`,
      one.effectSize === null ? '-' : one.effectSize.toFixed(2),
      formatP(one.tTest.pValue),
      formatP(one.wilcoxon.pValue),
      formatP(one.randomisation.pValue),
      formatP(one.randomisation.holmPValue),
      ...(tukey ? [one.tukeyPValue === null ? '-' : formatP(one.tukeyPValue)] : []),
      `${one.wins} / ${one.ties} / ${one.losses}`,
    ];
    return [`${one.run} − ${one.baseline}`, ...cells].map(escapeHtml);
  });
  return table(head, rows);
}

function changesTable(comparisons: readonly Comparison[]): string {
  const cards = comparisons.flatMap((one) => {
    const rows = one.mostChanged
      .slice(0, 5)
      .map(
        ({ topic, baseline, run, difference }) =>
          `<tr><th scope="row">${escapeHtml(topic)}</th><td>${baseline.toFixed(3)} → ${run.toFixed(3)}</td><td class="${difference > 0 ? 'up' : 'down'}">${formatDifference(difference)}</td></tr>`,
      );
    const head =
      '<thead><tr><th scope="col">topic</th><th scope="col">before → after</th><th scope="col">difference</th></tr></thead>';
    const title = `${escapeHtml(one.run)} against ${escapeHtml(one.baseline)}`;
    return rows.length === 0
      ? []
      : [`<figure><h3>${title}</h3><table>${head}<tbody>${rows.join('')}</tbody></table></figure>`];
  });
  return cards.length === 0
    ? '<p>None: the runs agree on every topic.</p>'
    : `<div class="plots changes">${cards.join('')}</div>`;
}

function curvesSection({ curves, runs }: RunsReport): string {
  if (!curves) return '';
  const lines = (values: (curve: RunCurves) => readonly number[], length = Number.POSITIVE_INFINITY): Line[] =>
    curves.map((curve, index) => ({
      name: runs[index]?.name ?? '',
      colour: index % COLOURS,
      values: values(curve).slice(0, length),
    }));
  const depths = CURVE_DEPTHS.filter((depth) => depth <= deepest(runs));
  const byDepth = {
    x: depths,
    xTitle: 'documents looked at (k)',
    xTicks: [1, 3, 10, 30, 100, 300, 1000].filter((tick) => tick <= (depths.at(-1) ?? 1)),
    logarithmic: true,
  };
  const legend = `<ul class="legend">${runs.map(({ name }, index) => `<li>${swatch(index, name)}</li>`).join('')}</ul>`;
  const figure = (title: string, svg: string) => `<figure><h3>${title}</h3>${svg}${legend}</figure>`;
  return `<h2>Curves</h2>
<div class="plots">
${figure(
  'Precision at each recall',
  linePlot(
    lines(({ interpolatedPrecision }) => interpolatedPrecision),
    {
      label: 'Interpolated precision at recalls of 0 to 1, mean over the topics',
      x: CURVE_RECALLS,
      xTitle: 'recall',
      xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1],
      describe: (recall) => `interpolated precision at recall ${recall}`,
    },
  ),
)}
${figure(
  'nDCG by depth',
  linePlot(
    lines(({ ndcg }) => ndcg, depths.length),
    { ...byDepth, label: 'nDCG at k, mean over the topics', describe: (depth) => `nDCG@${depth}` },
  ),
)}
${figure(
  'Recall by depth',
  linePlot(
    lines(({ recall }) => recall, depths.length),
    { ...byDepth, label: 'Recall at k, mean over the topics', describe: (depth) => `R@${depth}` },
  ),
)}
</div>`;
}

/** Of the longest ranking; curves beyond it are flat. */
function deepest(runs: readonly EvaluatedRun[]): number {
  return Math.max(10, ...runs.map(({ summary }) => summary.longest));
}

function methodSection({ comparisons }: RunsReport): string {
  const tests =
    comparisons.length === 0
      ? ''
      : `<dt>Interval</dt><dd>95 % percentile bootstrap of the mean difference, by topic.</dd>
<dt>t-test, Wilcoxon, randomisation</dt><dd>Paired by topic, two-sided. The randomisation test (Fisher) exchanges the two runs at random, topic by topic; it decides what is called significant.</dd>
<dt>Holm</dt><dd>The p-value of the randomisation test, adjusted for all comparisons of one measure.</dd>
<dt>Tukey</dt><dd>Honestly significant differences over all runs, from a model of run and topic.</dd>
<dt>Effect size</dt><dd>Mean difference in standard deviations of the differences.</dd>`;
  return `<details><summary>How these figures are made</summary><dl>
<dt>Measures</dt><dd>As trec_eval and ir_measures compute them. Equal scores are ordered by descending document id; the rank column is not used.</dd>
${tests}
<dt>Precision at each recall</dt><dd>The highest precision from that recall on, averaged over the topics.</dd>
</dl></details>
<footer>Made with <code>candor eval runs</code>.</footer>`;
}
