import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { prettifyError } from 'zod';
import { ServiceError } from '../errors.js';

/**
 * The values of a `.jsonl` or `.jsonl.gz` file, line by line; empty lines are skipped. The file is never held as a whole.
 *
 * @param source What the file is for, for messages, such as `questions`.
 * @throws ServiceError `not-found` without such a file, `invalid-request` naming file, line and what is wrong with it.
 */
export async function* readJsonLines<T>(path: string, schema: z.ZodType<T>, source: string): AsyncGenerator<T, void> {
  const file = createReadStream(path);
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  // `pipe` passes no errors on; without this a missing file would end the process.
  file.on('error', (error) => stream.destroy(error));
  let line = 0;
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() !== '') yield parseLine(text, schema, `${path}:${line}`);
    }
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    if (isMissing(cause))
      throw new ServiceError('not-found', { message: `${path}: expected the ${source}, found no file.`, cause });
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceError('invalid-request', {
      message: `${path}: cannot be read after line ${line}: ${what}`,
      cause,
    });
  } finally {
    file.destroy();
  }
}

function parseLine<T>(text: string, schema: z.ZodType<T>, place: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('invalid-request', { message: `${place}: expected JSON.`, cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ServiceError('invalid-request', {
    message: `${place}: ${prettifyError(parsed.error)}`,
    cause: parsed.error,
  });
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
