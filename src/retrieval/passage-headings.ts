import type { SourceDocument, TextStructure } from '../types.js';

/** A longer one is cut: it is context, and the models read little of it. */
const MAX_CHARACTERS = 200;

/**
 * Headings that are in force at a place of a text, outermost first, without the one that repeats the title; and the row that
 * names the columns, when the place is further down in a table.
 *
 * @param start Where a passage starts in `document.text`; a heading that starts there or later is in its text.
 */
export function headingsAbove(
  { title, text }: SourceDocument,
  start: number,
  { headings, tables = [] }: TextStructure,
): string[] {
  const open: { level: number; line: string }[] = [];
  for (const { start: from, end, level = 1 } of headings) {
    if (from >= start) break;
    while (open.length > 0 && (open.at(-1)?.level ?? 0) >= level) open.pop();
    open.push({ level, line: lineOf(text.slice(from, end)) });
  }
  // The headings that open the passage close those of their level and below.
  const opening = headings.find(({ start: from }) => from === start);
  const inForce = opening ? open.filter(({ level }) => level < (opening.level ?? 1)) : open;
  const table = tables.find((one) => one.start < start && start < one.end);
  const lines = inForce.map(({ line }) => line).filter((line) => line !== lineOf(title));
  if (table?.headEnd !== undefined && table.headEnd <= start)
    lines.push(lineOf(text.slice(table.start, table.headEnd)));
  return lines;
}

const lineOf = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, MAX_CHARACTERS);
