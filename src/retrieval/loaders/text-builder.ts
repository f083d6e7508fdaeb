import type { TextSpan } from '../../types.js';
import { wellFormed } from './loader.js';

/** Puts a text together from blocks and remembers which of them are headings. */
export class TextBuilder {
  readonly headings: TextSpan[] = [];
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

  heading(text: string): void {
    const span = this.#add(text, '\n\n');
    if (!span) return;
    this.headings.push(span);
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
