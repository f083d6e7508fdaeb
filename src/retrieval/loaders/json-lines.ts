import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { byteLines } from './byte-lines.js';
import { decodeUtf8, type Loaded, type LoaderOptions, MAX_RECORD_BYTES } from './loader.js';
import { toLoaded } from './to-loaded.js';

/** One JSON record a line, or a page in one of MediaWiki's forms, `.gz` or not. Blank lines are passed over. What cannot be read further ends the file only. */
export async function* loadJsonLines(file: string, options: LoaderOptions): AsyncGenerator<Loaded> {
  const maxBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
  let line = 0;
  try {
    for await (const { number, bytes } of byteLines(openBytes(file, options), maxBytes)) {
      line = number;
      const read = bytes ? parse(bytes) : { reason: `longer than ${maxBytes} bytes` };
      if (read === null) continue;
      if ('reason' in read) yield { type: 'rejected', file, line, reason: read.reason };
      else yield* toLoaded(read.value, { file, line }, options);
    }
  } catch (error) {
    const reason = `cannot be read from here on: ${error instanceof Error ? error.message : String(error)}`;
    yield { type: 'rejected', file, line: line + 1, reason };
  }
}

function parse(bytes: Uint8Array): { value: unknown } | { reason: string } | null {
  const text = decodeUtf8(bytes);
  if (text === null) return { reason: 'not valid UTF-8' };
  if (text.trim() === '') return null;
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { reason: `not valid JSON: ${(error as Error).message}` };
  }
}

function openBytes(file: string, { onBytes }: LoaderOptions): AsyncIterable<Buffer> {
  const stream = createReadStream(file);
  if (onBytes) stream.on('data', (chunk) => onBytes(chunk.length));
  // The error of either reaches whoever reads the last stream.
  return file.toLowerCase().endsWith('.gz') ? pipeline(stream, createGunzip(), () => undefined) : stream;
}
