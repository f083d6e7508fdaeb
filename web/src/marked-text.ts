import type { TextSpan } from './api-types.js';

/** A run of text that is marked or not. */
export interface Segment {
  text: string;
  marked: boolean;
}

/** Cuts `text` at `spans`. Spans that overlap are joined, and what lies outside the text is ignored. */
export function toSegments(text: string, spans: readonly TextSpan[]): Segment[] {
  const segments: Segment[] = [];
  const add = (start: number, end: number, marked: boolean) => {
    if (end > start) segments.push({ text: text.slice(start, end), marked });
  };
  let position = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const from = Math.max(start, position);
    const to = Math.min(end, text.length);
    if (to <= from) continue;
    add(position, from, false);
    add(from, to, true);
    position = to;
  }
  add(position, text.length, false);
  return segments;
}

/** Where `quote` stands in `text`; white space may differ, since a snippet is cut for display. */
export function findQuote(text: string, quote: string): TextSpan | null {
  const words = quote.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const pattern = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+'), 'u');
  const match = pattern.exec(text);
  return match === null ? null : { start: match.index, end: match.index + match[0].length };
}
