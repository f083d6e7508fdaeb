import { escapeHtml } from './markup.js';
import { style } from './style.js';

export interface PageOptions {
  /** Of the browser's tab. */
  title: string;
  /** HTML of everything that is seen. */
  content: string;
  /** Measures to choose from. @default 0 */
  measures?: number;
}

/** A report as one page: it loads nothing, runs no script, and is made for light, dark, paper and phones. */
export const page = ({ title, content, measures = 0 }: PageOptions): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style(measures)}</style>
<main>
${content}
</main>
</html>
`;

/** A table that scrolls by itself where it is too wide; the first cell of each row names it. Cells are HTML. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((text) => `<th scope="col">${text}</th>`).join('');
  const lines = rows.map(
    ([name = '', ...cells]) =>
      `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll" tabindex="0"><table><thead><tr>${columns}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}
