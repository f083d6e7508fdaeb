import type { Heading, TableSpan, TextSpan } from '../../types.js';
import { wellFormed } from './loader.js';

/** Puts a text together from blocks and remembers which of them are headings and tables. */
export class TextBuilder {
  readonly headings: Heading[] = [];
  readonly tables: TableSpan[] = [];
  #text = '';
  #gap = '';

  get text(): string {
    return this.#text;
  }

  /** A block of its own, with a blank line before and behind it. */
  paragraph(text: string): void {
    if (this.#add(text, '\n\n')) this.separate();
  }

  /** A line directly below the one before, such as an item of a list. */
  line(text: string): void {
    this.#add(text, '\n');
  }

  /** @param level 1 to 6, 1 the outermost. */
  heading(text: string, level: number): void {
    const span = this.#add(text, '\n\n');
    if (!span) return;
    this.headings.push({ ...span, level });
    this.separate();
  }

  /** Rows of a table, each a line. @param hasHead The first row names the columns. */
  table(rows: readonly string[], hasHead: boolean): void {
    this.separate();
    const before = this.#text.length;
    for (const row of rows) this.line(row);
    this.closeTable(before, hasHead);
  }

  /** What was added since the text had `before` characters is a table. */
  closeTable(before: number, hasHead: boolean): void {
    const start = before + (this.#text.slice(before).match(/^\s*/)?.[0].length ?? 0);
    if (start < this.#text.length) {
      const firstEnd = this.#text.indexOf('\n', start);
      const headEnd = hasHead && firstEnd > 0 ? { headEnd: firstEnd } : {};
      this.tables.push({ start, end: this.#text.length, ...headEnd });
    }
    this.separate();
  }

  /** The next line starts a block. */
  separate(): void {
    this.#gap = '\n\n';
  }

  #add(text: string, gap: string): TextSpan | null {
    const trimmed = wellFormed(text).trim();
    if (!trimmed) return null;
    if (this.#text) this.#text += this.#gap || gap;
    this.#gap = '';
    const start = this.#text.length;
    this.#text += trimmed;
    return { start, end: this.#text.length };
  }
}

/** White space as a browser shows it: runs become one blank. */
export const collapsed = (text: string): string => text.replace(/[ \t\r\n\f]+/g, ' ');
