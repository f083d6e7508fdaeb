import { reliabilityBins } from '../measures/calibration-error.js';
import { type RankedAnswer, riskCoverageCurve } from '../measures/risk-coverage.js';
import { HEIGHT, ticks, WIDTH, xAxis, xScale, yAxis, yScale } from './html/axes.js';
import { escapeHtml, px } from './html/markup.js';

/** Figures of confidences as SVG files that stand alone. */

const STYLE =
  'text{font:11px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd}.base{stroke:#888}.ideal{stroke:#999;stroke-dasharray:4 3}' +
  'circle{fill:#0d6361}polyline{fill:none;stroke-width:1.8}';
const COLOURS = ['#0d6361', '#b4541a', '#5a4fb0', '#888888'];
const UNIT = ticks(0, 1);

/** Mean confidence against the share that is right, in 15 bins of equal mass; the area of a dot grows with its answers. */
export function reliabilityFigure(answers: readonly RankedAnswer[], title: string): string {
  const [x, y] = [xScale(0, 1), yScale(0, 1)];
  const bins = reliabilityBins(answers);
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const dots = bins.map(
    ({ confidence, right, count }) =>
      `<circle cx="${px(x(confidence))}" cy="${px(y(right))}" r="${px(1.5 + 3 * Math.sqrt(count / most))}"/>`,
  );
  const ideal = `<line class="ideal" x1="${px(x(0))}" y1="${px(y(0))}" x2="${px(x(1))}" y2="${px(y(1))}"/>`;
  return figure(title, yAxis(UNIT, y) + xAxis(UNIT, x, 'confidence; upward: share right') + ideal + dots.join(''));
}

/** Share answered against the share of these that is wrong, a line for each score. */
export function riskCoverageFigure(
  curves: readonly { name: string; answers: readonly RankedAnswer[] }[],
  title: string,
): string {
  const all = Math.max(1, ...curves.map(({ answers }) => answers.length));
  const lines = curves.map(({ answers }) =>
    riskCoverageCurve(answers).map(({ shown, precision }) => ({ coverage: shown / all, risk: 1 - precision })),
  );
  const highest = Math.min(1, Math.max(0.1, ...lines.flat().map(({ risk }) => risk)));
  const [x, y] = [xScale(0, 1), yScale(0, highest)];
  const drawn = lines.map((points, index) => {
    const places = points.map(({ coverage, risk }) => `${px(x(coverage))},${px(y(risk))}`).join(' ');
    return `<polyline points="${places}" stroke="${COLOURS[index % COLOURS.length]}"/>`;
  });
  const legend = curves.map(({ name }, index) => {
    const top = 24 + 14 * index;
    const colour = COLOURS[index % COLOURS.length];
    return `<text x="50" y="${top}" style="fill:${colour}">${escapeHtml(name)}</text>`;
  });
  const axes = yAxis(ticks(0, highest), y) + xAxis(UNIT, x, 'share of answers shown; upward: share wrong');
  return figure(title, axes + drawn.join('') + legend.join(''));
}

const figure = (title: string, content: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${2 * WIDTH}" height="${2 * HEIGHT}" role="img">` +
  `<title>${escapeHtml(title)}</title><style>${STYLE}</style><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>${content}</svg>\n`;
