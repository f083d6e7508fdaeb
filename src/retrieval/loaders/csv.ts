import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { type Loaded, type LoaderOptions, MAX_RECORD_BYTES } from './loader.js';
import { toDocument } from './record.js';

const DELIMITERS = [',', ';', '\t', '|'];
const METADATA = 'metadata.';
/** Enough for the line that names the columns. */
const HEAD_BYTES = 65_536;

/**
 * A record a row; the first row names the columns as the fields of a record: `id`, `text`, `title`, `url`, `date`, `language`,
 * `acl` (groups separated by blanks or commas) and `metadata.<key>`. The delimiter is the one that the first row has most of.
 * A row that is not like the first is rejected with its line.
 */
export async function* loadCsv(file: string, options: LoaderOptions): AsyncGenerator<Loaded> {
  const skipped: Loaded[] = [];
  let line = 0;
  try {
    const parser = parse({
      bom: true,
      delimiter: await delimiterOf(file),
      columns: (names: string[]) => names.map(checkedName),
      info: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error: CsvError | undefined) => {
        skipped.push({
          type: 'rejected',
          file,
          line: lineOf(error),
          reason: `not a row like the first: ${error?.message}`,
        });
        return undefined;
      },
      max_record_size: options.maxRecordBytes ?? MAX_RECORD_BYTES,
    });
    const bytes = createReadStream(file);
    if (options.onBytes) bytes.on('data', (chunk) => options.onBytes?.(chunk.length));
    // An error of any of the three reaches whoever reads the last one.
    const rows: AsyncIterable<CsvRow> = pipeline(bytes, decoded, parser, () => undefined);
    for await (const { record, info } of rows) {
      yield* skipped.splice(0);
      line = info.lines;
      const document = toDocument(toRecord(record), options);
      if ('reason' in document) yield { type: 'rejected', file, line, reason: document.reason };
      else yield { type: 'document', document, headings: [], file, line };
    }
    yield* skipped;
  } catch (error) {
    yield* skipped;
    const reason = `cannot be read from here on: ${error instanceof Error ? error.message : String(error)}`;
    yield { type: 'rejected', file, line: line + 1, reason };
  }
}

interface CsvRow {
  record: Record<string, string>;
  /** `lines`: the number of the row's last line. */
  info: { lines: number };
}

/** UTF-8 text, or an error at the first bytes that are none. */
async function* decoded(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of chunks) {
    if (chunk.includes(0)) throw new Error('not a text file: it has zero bytes');
    yield decode(decoder, chunk);
  }
  yield decode(decoder);
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Buffer): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new Error('not valid UTF-8');
  }
}

const lineOf = (error: CsvError | undefined) => (typeof error?.lines === 'number' ? error.lines : undefined);

async function delimiterOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const [head = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/, 1);
    const counts = DELIMITERS.map((delimiter) => head.split(delimiter).length);
    return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
  } finally {
    await file.close();
  }
}

const FIELDS = new Set(['id', 'text', 'title', 'url', 'date', 'language', 'acl']);

function checkedName(name: string): string {
  const known = name.trim();
  if (FIELDS.has(known) || (known.startsWith(METADATA) && known.length > METADATA.length)) return known;
  throw new Error(`unknown column ${JSON.stringify(known)}: expected ${[...FIELDS].join(', ')} or ${METADATA}KEY`);
}

/** An empty cell says nothing. */
function toRecord(row: Record<string, string>): Record<string, unknown> {
  const filled = Object.entries(row).filter(([, value]) => value.trim() !== '');
  const metadata = filled.flatMap(([name, value]) =>
    name.startsWith(METADATA) ? [[name.slice(METADATA.length), value] as const] : [],
  );
  const { acl, ...record } = Object.fromEntries(filled.filter(([name]) => FIELDS.has(name)));
  return {
    ...record,
    ...(acl !== undefined && { acl: acl.split(/[\s,]+/).filter(Boolean) }),
    ...(metadata.length > 0 && { metadata: Object.fromEntries(metadata) }),
  };
}
