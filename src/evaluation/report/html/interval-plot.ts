import type { Comparison } from '../../compare-runs.js';
import { formatDifference, formatP, isSignificant } from '../format.js';
import { FRAME, plot, ticks, tickText, WIDTH, xScale } from './axes.js';
import { escapeHtml, px } from './markup.js';

const ROW = 34;
const MOST_CHARACTERS = 36;

/** The mean difference of each comparison with its 95 % interval, against a line at 0. */
export function intervalPlot(
  label: string,
  comparisons: readonly Comparison[],
  nameOf: (one: Comparison) => string,
): string {
  const reach = Math.max(
    0.001,
    ...comparisons.flatMap(({ interval }) => [Math.abs(interval.low), Math.abs(interval.high)]),
  );
  const toX = xScale(-reach * 1.08, reach * 1.08);
  const bottom = FRAME.top + ROW * comparisons.length;
  const marks = ticks(-reach, reach, 4).map((value) => {
    const x = px(toX(value));
    const grid = `<line class="${value === 0 ? 'base' : 'grid'}" x1="${x}" x2="${x}" y1="${FRAME.top}" y2="${bottom}"/>`;
    return `${grid}<text x="${x}" y="${bottom + 15}" text-anchor="middle">${tickText(value)}</text>`;
  });
  const rows = comparisons.map((one, index) => {
    const y = FRAME.top + ROW * index + 23;
    const { difference, interval, randomisation } = one;
    const text = `${nameOf(one)}: ${formatDifference(difference)} (${formatDifference(interval.low)} to ${formatDifference(interval.high)}), p ${formatP(randomisation.holmPValue)}`;
    const kind = isSignificant(one) ? (difference > 0 ? 'gain' : 'loss') : 'level';
    const name = nameOf(one);
    const short = name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS - 1)}…` : name;
    return [
      `<g class="interval ${kind}"><title>${escapeHtml(text)}</title>`,
      `<text class="name" x="${FRAME.left - 30}" y="${y - 10}">${escapeHtml(short)}</text>`,
      `<text x="${WIDTH - FRAME.right}" y="${y - 10}" text-anchor="end">${formatDifference(difference)}</text>`,
      `<line x1="${px(toX(interval.low))}" x2="${px(toX(interval.high))}" y1="${y}" y2="${y}"/>`,
      `<circle cx="${px(toX(difference))}" cy="${y}" r="4.5"/></g>`,
    ].join('');
  });
  return plot(label, `${marks.join('')}${rows.join('')}`, bottom + 22);
}
