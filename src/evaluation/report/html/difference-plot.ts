import { FRAME, HEIGHT, plot, ticks, WIDTH, yAxis, yScale } from './axes.js';
import { escapeHtml, px } from './markup.js';

export interface TopicDifference {
  topic: string;
  difference: number;
}

/** Up to so many topics each bar is an element with a text of its own. */
const OWN_BARS = 400;

/** The difference of every topic as a bar, the greatest gain first: where two runs differ, and on how many topics. */
export function differencePlot(label: string, differences: readonly TopicDifference[]): string {
  const sorted = [...differences].sort((a, b) => b.difference - a.difference);
  const reach = Math.max(0.01, ...sorted.map(({ difference }) => Math.abs(difference)));
  const high = Math.max(0, sorted[0]?.difference ?? 0);
  const low = Math.min(0, sorted.at(-1)?.difference ?? 0);
  const [from, to] = [Math.min(low, -0.15 * reach), Math.max(high, 0.15 * reach)];
  const toY = yScale(from, to);
  const left = FRAME.left + 2;
  const step = (WIDTH - FRAME.right - left) / Math.max(1, sorted.length);
  const width = Math.max(0.6, step - (step > 4 ? 1 : 0));
  const zero = toY(0);
  const bars =
    sorted.length <= OWN_BARS
      ? sorted.map((one, index) => bar(one, left + index * step, step, width, zero, toY)).join('')
      : area(sorted, left, step, zero, toY);
  const signed = (value: number) =>
    `${value > 0 ? '+' : value < 0 ? '−' : ''}${Number(Math.abs(value).toPrecision(4))}`;
  const count = (sign: number) => sorted.filter(({ difference }) => sign * difference > 1e-9).length;
  const [gains, losses] = [count(1), count(-1)];
  const bottom = HEIGHT - FRAME.bottom;
  const captions = [
    `<text class="gain-text" x="${left}" y="${bottom + 18}">better: ${gains}</text>`,
    `<text class="axis" x="${px((left + WIDTH - FRAME.right) / 2)}" y="${bottom + 18}" text-anchor="middle">equal: ${sorted.length - gains - losses}</text>`,
    `<text class="loss-text" x="${WIDTH - FRAME.right}" y="${bottom + 18}" text-anchor="end">worse: ${losses}</text>`,
  ];
  const base = `<line class="base" x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${px(zero)}" y2="${px(zero)}"/>`;
  return plot(label, `${yAxis(ticks(from, to, 6), toY, signed)}${bars}${base}${captions.join('')}`, bottom + 26);
}

function bar(
  { topic, difference }: TopicDifference,
  x: number,
  step: number,
  width: number,
  zero: number,
  toY: (value: number) => number,
): string {
  const y = toY(difference);
  const text = `topic ${topic}: ${difference > 0 ? '+' : ''}${difference.toFixed(4)}`;
  const height = Math.abs(y - zero);
  const shape =
    height < 0.05
      ? ''
      : `<rect class="${difference > 0 ? 'gain' : 'loss'}" x="${px(x)}" y="${px(Math.min(y, zero))}" width="${px(width)}" height="${px(Math.max(0.5, height))}"/>`;
  // The whole height of the plot shows the text, else nobody could point at a small bar.
  return `<g class="bar">${shape}<rect class="touch" x="${px(x)}" y="${FRAME.top}" width="${px(step)}" height="${HEIGHT - FRAME.bottom - FRAME.top}"><title>${escapeHtml(text)}</title></rect></g>`;
}

/** The outlines of all gains and of all losses. */
function area(
  sorted: readonly TopicDifference[],
  left: number,
  step: number,
  zero: number,
  toY: (value: number) => number,
): string {
  const outline = (kind: 'gain' | 'loss', wanted: (difference: number) => boolean) => {
    const parts = sorted.flatMap(({ difference }, index) =>
      wanted(difference) ? [`V${px(toY(difference))}H${px(left + (index + 1) * step)}`] : [],
    );
    if (parts.length === 0) return '';
    const first = sorted.findIndex(({ difference }) => wanted(difference));
    return `<path class="${kind}" d="M${px(left + first * step)} ${px(zero)}${parts.join('')}V${px(zero)}Z"/>`;
  };
  return `${outline('gain', (difference) => difference > 0)}${outline('loss', (difference) => difference < 0)}`;
}
