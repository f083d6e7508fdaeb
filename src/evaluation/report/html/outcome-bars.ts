import { OUTCOME_LABELS, OUTCOMES, type RefusalMatrix } from '../../refusals.js';
import { FRAME, plot, WIDTH } from './axes.js';
import { escapeHtml, px } from './markup.js';

const ROW = 58;

/** What became of the questions, as a bar for the answerable and one for the unanswerable ones. */
export function outcomeBars(refusals: RefusalMatrix): string {
  const rows = (['answerable', 'unanswerable'] as const).filter(
    (which) => OUTCOMES.reduce((sum, outcome) => sum + refusals[which][outcome], 0) > 0,
  );
  const left = FRAME.left - 30;
  const bars = rows.map((which, index) => {
    const counts = refusals[which];
    const total = OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
    const y = ROW * index + 26;
    let x = left;
    const parts = OUTCOMES.map((outcome) => {
      const width = ((WIDTH - FRAME.right - left) * counts[outcome]) / total;
      const from = x;
      x += width;
      if (counts[outcome] === 0) return '';
      const text = `${which}: ${OUTCOME_LABELS[outcome]} ${counts[outcome]} (${((100 * counts[outcome]) / total).toFixed(1)} %)`;
      return `<rect class="${outcome}" x="${px(from)}" y="${y}" width="${px(Math.max(0.8, width - 1))}" height="22"><title>${escapeHtml(text)}</title></rect>`;
    });
    return `<text class="name" x="${left}" y="${y - 7}">${which}: ${total}</text>${parts.join('')}`;
  });
  return plot('What became of the questions', bars.join(''), ROW * rows.length + 4);
}

/** The colours of the bars, in words. */
export const outcomeLegend = (): string =>
  `<ul class="legend">${OUTCOMES.map((outcome) => `<li><span class="${outcome}"><span class="swatch"></span></span>${OUTCOME_LABELS[outcome]}</li>`).join('')}</ul>`;
