import type { ReliabilityBin } from '../../measures/calibration-error.js';
import { wilsonInterval } from '../../wilson-interval.js';
import { plot, ticks, xAxis, xScale, yAxis, yScale } from './axes.js';
import { escapeHtml, px } from './markup.js';

/**
 * Share of right answers over mean confidence, bin by bin, with 95 % intervals of the share. On the diagonal a confidence
 * means what it says; below it promises too much.
 */
export function reliabilityPlot(bins: readonly ReliabilityBin[]): string {
  if (bins.length === 0) return '';
  const [toX, toY] = [xScale(0, 1), yScale(0, 1)];
  const axis = ticks(0, 1);
  const dots = bins.map(({ confidence, right, count }) => {
    const { low, high } = wilsonInterval(Math.round(right * count), count) ?? { low: 0, high: 1 };
    const [x, y] = [px(toX(confidence)), px(toY(right))];
    const text = `confidence ${confidence.toFixed(3)}: ${Math.round(right * count)} of ${count} right (${(100 * right).toFixed(1)} %, ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
    return `<g class="bin"><line x1="${x}" x2="${x}" y1="${px(toY(low))}" y2="${px(toY(high))}"/><circle cx="${x}" cy="${y}" r="4"/><circle class="touch" cx="${x}" cy="${y}" r="9"><title>${escapeHtml(text)}</title></circle></g>`;
  });
  const diagonal = `<line class="promise" x1="${px(toX(0))}" y1="${px(toY(0))}" x2="${px(toX(1))}" y2="${px(toY(1))}"/>`;
  const label = `Share of right answers by confidence, in ${bins.length} bins`;
  return plot(
    label,
    `${yAxis(axis, toY)}${xAxis(axis, toX, 'mean confidence')}${diagonal}<g class="c0">${dots.join('')}</g>`,
  );
}
