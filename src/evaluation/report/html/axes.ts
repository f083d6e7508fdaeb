import { escapeHtml, px } from './markup.js';

/** A plot's size in its own units; it is scaled to the place it has, down to a phone's width. */
export const WIDTH = 340;
export const HEIGHT = 236;
export const FRAME = { left: 38, right: 8, top: 12, bottom: 38 } as const;

/** From a value to a place. */
export type Scale = (value: number) => number;

export const xScale = (low: number, high: number, toUnit: (value: number) => number = (value) => value): Scale => {
  const [from, to] = [toUnit(low), toUnit(high)];
  return (value) => FRAME.left + ((toUnit(value) - from) / (to - from || 1)) * (WIDTH - FRAME.left - FRAME.right);
};

export const yScale = (low: number, high: number): Scale => {
  const height = HEIGHT - FRAME.top - FRAME.bottom;
  return (value) => HEIGHT - FRAME.bottom - ((value - low) / (high - low || 1)) * height;
};

/** Round numbers from low to high, about `count` of them. */
export function ticks(low: number, high: number, count = 5): number[] {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= 0.75 * rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

export const tickText = (value: number) => String(Number(value.toPrecision(4))).replace('-', '−');

/** Horizontal lines with their values. */
export function yAxis(values: readonly number[], scale: Scale, text: (value: number) => string = tickText): string {
  return values
    .map((value) => {
      const y = px(scale(value));
      const line = `<line class="grid" x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y}" y2="${y}"/>`;
      return `${line}<text x="${FRAME.left - 6}" y="${y}" dy=".32em" text-anchor="end">${escapeHtml(text(value))}</text>`;
    })
    .join('');
}

/** Values below the plot, and what they are. */
export function xAxis(values: readonly number[], scale: Scale, title: string): string {
  const y = HEIGHT - FRAME.bottom;
  const marks = values
    .map((value) => `<text x="${px(scale(value))}" y="${y + 15}" text-anchor="middle">${tickText(value)}</text>`)
    .join('');
  const middle = px((FRAME.left + WIDTH - FRAME.right) / 2);
  const name = `<text class="axis" x="${middle}" y="${HEIGHT - 4}" text-anchor="middle">${escapeHtml(title)}</text>`;
  return `<line class="base" x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y}" y2="${y}"/>${marks}${name}`;
}

/** A plot with a name for those who do not see it. */
export function plot(label: string, content: string, height = HEIGHT): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}">${content}</svg>`;
}
