import wtf from 'wtf_wikipedia';
import type { ParsedText } from './loader.js';
import { TextBuilder } from './text-builder.js';

/** The words of a page in wikitext: paragraphs, headings, lists and tables, without templates, references and files. */
export function parseWikitext(source: string): ParsedText {
  const page = wtf(source);
  const builder = new TextBuilder();
  for (const section of page.sections() as Section[]) {
    if (section.title()) builder.heading(section.title(), Math.min(6, section.depth() + 2));
    for (const paragraph of section.paragraphs()) {
      builder.paragraph(
        paragraph
          .sentences()
          .map((sentence) => sentence.text())
          .join(' '),
      );
      for (const list of paragraph.lists()) {
        for (const line of list.lines()) builder.line(line.text());
        builder.separate();
      }
    }
    for (const table of section.tables()) addTable(builder, table.json() as TableRow[]);
  }
  return { title: page.title() || undefined, text: builder.text, headings: builder.headings, tables: builder.tables };
}

/** What is read of a section; the package's own types say less. */
interface Section {
  title(): string;
  depth(): number;
  paragraphs(): { sentences(): Spoken[]; lists(): { lines(): Spoken[] }[] }[];
  tables(): { json(): unknown }[];
}

interface Spoken {
  text(): string;
}

export const isRedirect = (source: string): boolean => wtf(source).isRedirect();

type TableRow = Record<string, { text?: string }>;

/** A table without names for its columns has `col1`, `col2`, … */
function addTable(builder: TextBuilder, rows: readonly TableRow[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (columns.length === 0) return;
  const isNamed = !columns.every((column) => /^col\d+$/.test(column));
  const lines = rows.map((row) => columns.map((column) => row[column]?.text ?? '').join(' | '));
  builder.table(isNamed ? [columns.join(' | '), ...lines] : lines, isNamed);
}
