import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { decodeUtf8, type Loaded, type LoaderOptions, MAX_RECORD_BYTES, type ParsedText } from './loader.js';
import { toDocument } from './record.js';

/** A file that is one document. Its id is its path with `/`, its title the file's name where it says none. */
export async function loadTextFile(
  file: string,
  parse: (source: string) => ParsedText,
  options: LoaderOptions,
): Promise<Loaded> {
  const rejected = (reason: string): Loaded => ({ type: 'rejected', file, reason });
  const maxBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
  try {
    const { size } = await stat(file);
    options.onBytes?.(size);
    if (size > maxBytes) return rejected(`larger than ${maxBytes} bytes`);
    const source = decodeUtf8(await readFile(file));
    if (source === null) return rejected('not valid UTF-8');
    if (source.includes('\0')) return rejected('not a text file: it has zero bytes');
    const { headings, title, ...parsed } = parse(source);
    const id = file.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
    const document = toDocument({ ...parsed, title: title || basename(file, extname(file)), id }, options);
    return 'reason' in document ? rejected(document.reason) : { type: 'document', document, headings, file };
  } catch (error) {
    return rejected(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
