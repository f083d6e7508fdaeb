import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ServiceError } from '../../errors.js';

/** Whole lines of a file, as bytes. */
export interface LineBlock {
  bytes: Buffer;
  /** `bytes[0..end)` are whole lines; each ends with a line feed, the last line of a file perhaps without one. */
  end: number;
  /** Number of the first line, from 1. */
  firstLine: number;
}

const BLOCK_BYTES = 1 << 20;
const LINE_FEED = 10;

/**
 * A file block by block, so that one of any size is read with the memory of a few blocks. `.gz` is unpacked; `-` is the
 * standard input.
 *
 * @param what What the file is for, for messages, such as `run`.
 * @throws ServiceError `not-found` without such a file, `invalid-request` when it cannot be read or unpacked.
 */
export async function* readLineBlocks(path: string, what: string): AsyncGenerator<LineBlock, void> {
  const file: Readable = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: BLOCK_BYTES });
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip({ chunkSize: BLOCK_BYTES })) : file;
  // `pipe` passes no errors on; without this a missing file would end the process.
  if (stream !== file) file.on('error', (error) => stream.destroy(error));
  /** The beginning of a line whose end has not come yet; joined once, however long it is. */
  let rest: Buffer[] = [];
  let firstLine = 1;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const feed = chunk.lastIndexOf(LINE_FEED);
      if (feed < 0) {
        rest.push(chunk);
        continue;
      }
      const bytes = rest.length === 0 ? chunk : Buffer.concat([...rest, chunk]);
      const end = bytes.length - chunk.length + feed + 1;
      yield { bytes, end, firstLine };
      firstLine += countLines(bytes, end);
      rest = end < bytes.length ? [Buffer.from(bytes.subarray(end))] : [];
    }
    if (rest.length > 0) {
      const bytes = Buffer.concat(rest);
      yield { bytes, end: bytes.length, firstLine };
    }
  } catch (cause) {
    throw readError(cause, path, what, firstLine);
  } finally {
    file.destroy();
  }
}

function countLines(bytes: Buffer, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0 && at < end; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}

function readError(cause: unknown, path: string, what: string, line: number): unknown {
  if (cause instanceof ServiceError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return new ServiceError('not-found', { message: `${path}: expected the ${what}, found no file.`, cause });
  return new ServiceError('invalid-request', {
    message: `${path}: cannot be read after line ${line}: ${message}`,
    cause,
  });
}

/** A file that is not as it should be: says where. */
export function lineError(path: string, line: number, message: string, cause?: unknown): ServiceError {
  return new ServiceError('invalid-request', { message: `${path}:${line}: ${message}`, cause });
}

/** A line as text, without its end. */
export interface TextLine {
  text: string;
  /** From 1. */
  line: number;
}

/** The lines of a file as text; blank lines are left out, line feeds and carriage returns at the end too. */
export async function* readTextLines(path: string, what: string): AsyncGenerator<TextLine, void> {
  for await (const { bytes, end, firstLine } of readLineBlocks(path, what)) {
    let line = firstLine;
    for (let start = 0; start < end; line++) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const stop = feed < 0 || feed >= end ? end : feed;
      const text = bytes.toString('utf8', start, stop).replace(/\r$/, '');
      start = stop + 1;
      if (text.trim() !== '') yield { text: line === 1 ? text.replace(/^\uFEFF/, '') : text, line };
    }
  }
}

/** A JSON object of one line. */
export function parseJsonObject({ text, line }: TextLine, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw lineError(path, line, 'expected JSON.', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw lineError(path, line, 'expected a JSON object.');
  return value as Record<string, unknown>;
}

/** The first of several fields that is there, as an id; numbers become text. */
export function idField(record: Record<string, unknown>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** What a topic (query) is called in JSON lines. */
export const TOPIC_FIELDS = ['topic', 'query_id', 'queryId', 'query-id', 'qid', 'topic_id'];
/** What a document is called in JSON lines. */
export const DOCUMENT_FIELDS = ['documentId', 'document_id', 'doc_id', 'docId', 'docid', 'docno', 'corpus-id', 'pid'];
