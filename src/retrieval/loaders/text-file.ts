import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { SourceDocument } from '../../types.js';
import { parseDocx } from './docx.js';
import { binaryKind } from './file-kind.js';
import type { FileFormat } from './find-files.js';
import { parseHtml } from './html.js';
import { decodeUtf8, type Loaded, type LoaderOptions, MAX_RECORD_BYTES, type ParsedText } from './loader.js';
import { parseMarkdown } from './markdown.js';
import { parsePdf } from './pdf.js';
import { parsePlainText } from './plain-text.js';
import { toDocument } from './record.js';

/** Formats with one document a file. */
export type DocumentFormat = Extract<FileFormat, 'markdown' | 'html' | 'plain-text' | 'pdf' | 'docx'>;

const PARSERS: Record<DocumentFormat, (bytes: Buffer) => ParsedText | Promise<ParsedText>> = {
  markdown: (bytes) => parseMarkdown(textOf(bytes)),
  html: (bytes) => parseHtml(textOf(bytes)),
  'plain-text': (bytes) => parsePlainText(textOf(bytes)),
  pdf: parsePdf,
  docx: parseDocx,
};

/**
 * A file that is one document. Its id is its path with `/`, its title the file's name where it says none.
 *
 * @param known What is known of it from elsewhere, and counts more than what the file says.
 */
export async function loadTextFile(
  file: string,
  format: DocumentFormat,
  options: LoaderOptions,
  known: Partial<Pick<SourceDocument, 'id' | 'url' | 'date'>> = {},
): Promise<Loaded> {
  const rejected = (reason: string): Loaded => ({ type: 'rejected', file, reason });
  const maxBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
  try {
    const { size } = await stat(file);
    options.onBytes?.(size);
    if (size > maxBytes) return rejected(`larger than ${maxBytes} bytes`);
    const { headings, tables, title, ...parsed } = await PARSERS[format](await readFile(file));
    const id = file.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
    const record = { id, ...parsed, ...known, title: title || basename(file, extname(file)) };
    const document = toDocument(record, options);
    return 'reason' in document
      ? rejected(document.reason)
      : { type: 'document', document, headings, ...(tables && { tables }), file };
  } catch (error) {
    return rejected(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @throws Error for what is no text, whatever its name says. */
function textOf(bytes: Buffer): string {
  const kind = binaryKind(bytes);
  if (kind) throw new Error(`not a text file: it is ${kind}`);
  const text = decodeUtf8(bytes);
  if (text === null) throw new Error('not valid UTF-8');
  if (text.includes('\0')) throw new Error('not a text file: it has zero bytes');
  return text;
}
