import { plot, ticks, xAxis, xScale, yAxis, yScale } from './axes.js';
import { escapeHtml, px } from './markup.js';

export interface Line {
  name: string;
  /** Which of the colours, from 0. */
  colour: number;
  values: readonly number[];
}

export interface LinePlotOptions {
  label: string;
  x: readonly number[];
  xTitle: string;
  xTicks: readonly number[];
  /** Distances on the x axis by logarithm. */
  logarithmic?: boolean;
  /** What a value is, for the text that shows at a point. */
  describe: (x: number) => string;
}

/** A line for each run over the same values of x. Values are from 0 up. */
export function linePlot(lines: readonly Line[], options: LinePlotOptions): string {
  const { label, x, xTitle, xTicks, logarithmic = false, describe } = options;
  const highest = Math.max(0.01, ...lines.flatMap(({ values }) => values));
  const yTicks = ticks(0, highest * 1.05);
  const toY = yScale(0, Math.max(highest * 1.05, yTicks.at(-1) ?? 0));
  const toX = xScale(x[0] ?? 0, x.at(-1) ?? 1, logarithmic ? Math.log : undefined);
  const series = lines.map(({ name, colour, values }) => {
    const points = values.map((value, index) => [toX(x[index] ?? 0), toY(value)] as const);
    const path = points.map(([atX, atY], index) => `${index === 0 ? 'M' : 'L'}${px(atX)} ${px(atY)}`).join('');
    const dots = points.map(([atX, atY], index) => {
      const text = `${name}, ${describe(x[index] ?? 0)}: ${(values[index] ?? 0).toFixed(4)}`;
      return `<circle cx="${px(atX)}" cy="${px(atY)}" r="2.4"/><circle class="touch" cx="${px(atX)}" cy="${px(atY)}" r="8"><title>${escapeHtml(text)}</title></circle>`;
    });
    return `<g class="series c${colour}"><path d="${path}"/>${dots.join('')}</g>`;
  });
  return plot(label, `${yAxis(yTicks, toY)}${xAxis(xTicks, toX, xTitle)}<g class="lines">${series.join('')}</g>`);
}
