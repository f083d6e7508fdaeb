import { getDocumentProxy } from 'unpdf';
import type { ParsedText } from './loader.js';
import { type PdfLine, pageLines, type TextItem } from './pdf-lines.js';
import { TextBuilder } from './text-builder.js';

/** A heading is set this much larger than most of the text. */
const HEADING_RATIO = 1.15;
const HEADING_MAX_CHARACTERS = 150;
/** A gap between two lines that is larger than this many line heights ends a paragraph. */
const PARAGRAPH_GAP = 1.6;
const LEVELS = 6;

/**
 * The text of a PDF in reading order of its file: lines joined to paragraphs, words put together that a line end has
 * divided, without the lines that most pages repeat at their edges. What is set larger than the rest is a heading, the
 * largest size the outermost.
 *
 * @throws Error for what is no PDF, is locked by a password, or has pages without any text (scanned ones).
 */
export async function parsePdf(bytes: Uint8Array): Promise<ParsedText> {
  // pdf.js takes the bytes away from who gave them.
  const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0, isEvalSupported: false });
  try {
    const pages: PdfLine[][] = [];
    for (let number = 1; number <= pdf.numPages; number++) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      pages.push(pageLines(items.flatMap((item) => ('str' in item ? [item as TextItem] : []))));
      page.cleanup();
    }
    if (pages.every((lines) => lines.length === 0))
      throw new Error('it has no text; scanned pages must be read by OCR first');
    const { info } = (await pdf.getMetadata()) as { info: { Title?: unknown } };
    const builder = buildText(withoutRepeated(pages));
    const title = typeof info.Title === 'string' && info.Title.trim() ? info.Title.trim() : undefined;
    const [first] = builder.headings;
    return {
      title: title ?? (first && builder.text.slice(first.start, first.end)),
      text: builder.text,
      headings: builder.headings,
    };
  } finally {
    await pdf.destroy();
  }
}

function buildText(pages: readonly PdfLine[][]): TextBuilder {
  const builder = new TextBuilder();
  const bodyHeight = usualHeight(pages.flat());
  const levelOf = levels(pages.flat(), bodyHeight);
  let paragraph = '';
  let heading = null as { level: number; text: string } | null;
  const flush = () => {
    if (heading) builder.heading(heading.text, heading.level);
    else if (paragraph) builder.paragraph(paragraph);
    [paragraph, heading] = ['', null];
  };
  for (const lines of pages) {
    let previous: PdfLine | undefined;
    for (const line of lines) {
      const level = levelOf(line);
      const isFar =
        previous !== undefined &&
        Math.abs(previous.y - line.y) > PARAGRAPH_GAP * Math.max(line.height, previous.height);
      if (level === null) {
        if (heading || isFar) flush();
        paragraph = joinLines(paragraph, line.text);
      } else if (heading?.level === level && !isFar) heading.text = joinLines(heading.text, line.text);
      else {
        flush();
        heading = { level, text: line.text };
      }
      previous = line;
    }
    // A sentence that goes on overleaf is one; a finished one ends its paragraph.
    if (heading || /[.!?:。！？]["'”’)]*$/.test(paragraph)) flush();
  }
  flush();
  return builder;
}

/** A word that the end of a line divides is put together again. */
function joinLines(before: string, line: string): string {
  if (!before) return line;
  if (/\p{Ll}-$/u.test(before) && /^\p{Ll}/u.test(line)) return before.slice(0, -1) + line;
  return /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]$/u.test(before) ? before + line : `${before} ${line}`;
}

/** The height that most characters have. */
function usualHeight(lines: readonly PdfLine[]): number {
  const characters = new Map<number, number>();
  for (const { height, text } of lines) characters.set(height, (characters.get(height) ?? 0) + text.length);
  return [...characters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

function levels(lines: readonly PdfLine[], bodyHeight: number): (line: PdfLine) => number | null {
  const isHeading = ({ height, text }: PdfLine) =>
    height >= HEADING_RATIO * bodyHeight && text.length <= HEADING_MAX_CHARACTERS && /\p{L}/u.test(text);
  const heights = [...new Set(lines.filter(isHeading).map(({ height }) => height))].sort((a, b) => b - a);
  return (line) => (isHeading(line) ? Math.min(LEVELS, heights.indexOf(line.height) + 1) : null);
}

/** Without the first and last lines that more than half of the pages (at least three) have alike but for their numbers. */
function withoutRepeated(pages: readonly PdfLine[][]): PdfLine[][] {
  const keyOf = (line: PdfLine | undefined) => line?.text.replace(/\d+/g, '#');
  const counts = new Map<string, number>();
  const edges = (lines: readonly PdfLine[]) => new Set([keyOf(lines[0]), keyOf(lines.at(-1))]);
  for (const lines of pages) for (const key of edges(lines)) if (key) counts.set(key, (counts.get(key) ?? 0) + 1);
  const isRepeated = (line: PdfLine | undefined) => {
    const count = counts.get(keyOf(line) ?? '') ?? 0;
    return count >= 3 && count > pages.length / 2;
  };
  return pages.map((lines) =>
    lines.filter((line, index) => !((index === 0 || index === lines.length - 1) && isRepeated(line))),
  );
}
