import type { RiskCoveragePoint } from '../../measures/risk-coverage.js';
import { formatShare } from '../format.js';
import { plot, ticks, tickText, xAxis, xScale, yAxis, yScale } from './axes.js';
import { escapeHtml, px } from './markup.js';

export interface RiskCoverageOptions {
  points: readonly RiskCoveragePoint[];
  /** Answerable questions: coverage is answers shown / these. */
  answerable: number;
  /** What was really shown, by the system's own threshold. */
  shown: { count: number; precision: number } | null;
}

/** Points with a text of their own. */
const MOST_TOUCHED = 150;
/** Precisions that a promise may name. */
const MARKS = [0.9, 0.95];

/**
 * Share of wrong answers among the shown ones, over how many are shown, from the surest one on. Below it what the same
 * answers would give in the best order, right ones first; the area between the two is the fault of the confidences.
 */
export function riskCoveragePlot({ points, answerable, shown }: RiskCoverageOptions): string {
  const last = points.at(-1);
  if (!last || answerable === 0) return '';
  const coverage = (count: number) => count / answerable;
  const right = Math.round(last.precision * last.shown);
  // Risks of the best order: none while right answers last.
  const best = Array.from({ length: last.shown }, (_, index) => ({
    shown: index + 1,
    risk: Math.max(0, index + 1 - right) / (index + 1),
  }));
  const highest = Math.max(0.12, ...points.map(({ precision }) => 1 - precision));
  const toX = xScale(0, Math.max(coverage(last.shown), 0.01));
  const toY = yScale(0, highest * 1.05);
  const line = (values: readonly { shown: number; risk: number }[]) =>
    values
      .map((value, index) => `${index === 0 ? 'M' : 'L'}${px(toX(coverage(value.shown)))} ${px(toY(value.risk))}`)
      .join('');
  const own = points.map(({ shown: count, precision }) => ({ shown: count, risk: 1 - precision }));
  const promises = MARKS.map((mark) => {
    const y = px(toY(1 - mark));
    return `<line class="promise" x1="${px(toX(0))}" x2="${px(toX(coverage(last.shown)))}" y1="${y}" y2="${y}"><title>${formatShare(mark)} right</title></line>`;
  });
  const step = Math.ceil(points.length / MOST_TOUCHED);
  const touched = points.filter((_, index) => index % step === 0 || index === points.length - 1);
  const touch = touched.map(({ shown: count, precision, minConfidence }) => {
    const text = `from confidence ${minConfidence.toFixed(3)}: ${count} shown (${formatShare(coverage(count))} of the answerable), ${formatShare(precision)} right`;
    return `<circle class="touch" cx="${px(toX(coverage(count)))}" cy="${px(toY(1 - precision))}" r="6"><title>${escapeHtml(text)}</title></circle>`;
  });
  const label = `Share of wrong answers by coverage, from ${formatShare(1 - (points[0]?.precision ?? 0))} to ${formatShare(1 - last.precision)}`;
  return plot(
    label,
    [
      yAxis(ticks(0, highest * 1.05), toY, percentTick),
      xAxis(ticks(0, coverage(last.shown)), toX, 'coverage (shown / answerable questions)'),
      ...promises,
      `<g class="series c1"><path class="thin" d="${line(best)}"/></g>`,
      `<g class="series c0"><path d="${line(own)}"/></g>`,
      ...(shown === null
        ? []
        : [
            `<g class="c2"><circle class="mark" cx="${px(toX(coverage(shown.count)))}" cy="${px(toY(1 - shown.precision))}" r="5"><title>as shown: ${shown.count} answers, ${formatShare(shown.precision)} right</title></circle></g>`,
          ]),
      ...touch,
    ].join(''),
  );
}

const percentTick = (share: number) => `${tickText(100 * share)} %`;
