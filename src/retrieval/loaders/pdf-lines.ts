/** A run of characters as pdf.js gives it, in units of the page. */
export interface TextItem {
  str: string;
  /** The last two are x and y of its start; y grows upwards. */
  transform: number[];
  width: number;
  height: number;
  hasEOL: boolean;
}

export interface PdfLine {
  text: string;
  /** Of the base line, growing upwards. */
  y: number;
  /** Of the largest characters, rounded to halves. */
  height: number;
}

/** A gap of this many character heights between two runs is a blank, even where the file has none. */
const BLANK = 0.2;

/** The lines of a page in the order of its file. */
export function pageLines(items: readonly TextItem[]): PdfLine[] {
  const lines: PdfLine[] = [];
  let line: TextItem[] = [];
  const flush = () => {
    const text = textOf(line);
    const height = Math.max(0, ...line.filter(({ str }) => str.trim()).map((item) => item.height));
    if (text) lines.push({ text, y: yOf(line[0] as TextItem), height: Math.round(height * 2) / 2 });
    line = [];
  };
  for (const item of items) {
    const [first] = line;
    // A small step up or down is a superscript.
    if (first && Math.abs(yOf(first) - yOf(item)) > 0.7 * Math.max(first.height, item.height, 1)) flush();
    line.push(item);
    if (item.hasEOL) flush();
  }
  flush();
  return lines;
}

function textOf(items: readonly TextItem[]): string {
  let text = '';
  let end: number | null = null;
  for (const item of items) {
    const start = xOf(item);
    if (end !== null && start - end > BLANK * item.height && !text.endsWith(' ')) text += ' ';
    text += item.str;
    end = start + item.width;
  }
  return text.replace(/\s+/g, ' ').trim();
}

const xOf = ({ transform }: TextItem) => transform[4] ?? 0;
const yOf = ({ transform }: TextItem) => transform[5] ?? 0;
