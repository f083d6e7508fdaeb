import mammoth from 'mammoth';
import { parseHtml } from './html.js';
import type { ParsedText } from './loader.js';
import { unpackedBytes } from './zip-size.js';

/** A file that unpacks to more was made to exhaust its reader. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

/**
 * Paragraphs, headings, lists and tables of a Word document; pictures have no words.
 *
 * @throws Error for what is no Word document, or unpacks to more than 256 MiB.
 */
export async function parseDocx(bytes: Buffer): Promise<ParsedText> {
  const unpacked = unpackedBytes(bytes);
  if (unpacked === null) throw new Error('not a Word document (.docx)');
  if (unpacked > MAX_UNPACKED_BYTES) throw new Error(`unpacks to ${unpacked} bytes, more than ${MAX_UNPACKED_BYTES}`);
  const { value } = await mammoth.convertToHtml(
    { buffer: bytes },
    {
      styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"],
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
    },
  );
  return parseHtml(`<main>${value}</main>`);
}
