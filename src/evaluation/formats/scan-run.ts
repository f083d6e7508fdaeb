import {
  DOCUMENT_FIELDS,
  idField,
  type LineBlock,
  lineError,
  parseJsonObject,
  readLineBlocks,
  TOPIC_FIELDS,
} from './line-blocks.js';
import { parseNumber } from './number-bytes.js';
import { readWholeJson } from './whole-json.js';

/**
 * Told of each line of a run. The ids are UTF-8 in `bytes`, and are gone after the call.
 *
 * @param score Higher is better; never `NaN`.
 * @param line From 1; 0 where the file has no lines (a JSON object).
 */
export type RunVisitor = (
  bytes: Uint8Array,
  topicStart: number,
  topicEnd: number,
  documentStart: number,
  documentEnd: number,
  score: number,
  line: number,
) => void;

export interface RunScan {
  /** The tag in the last column of the last line; `null` where the format has none. */
  tag: string | null;
  lines: number;
}

/**
 * Goes through a run file once, line after line, with the memory of a few blocks. Read are
 *
 * - TREC: `topic Q0 document rank score tag`, separated by blanks or tabs. As in trec_eval, the rank is ignored, what
 *   follows the tag too, and lines that start with `#` are comments;
 * - MS MARCO: `topic document rank` (the score is minus the rank) or `topic document rank score`;
 * - JSON lines `{topic, documentId, score}` (also `query_id`, `doc_id` and the like);
 * - `.json`: one object `{topic: {document: score}}`.
 *
 * A `.gz` of each; `-` is the standard input.
 *
 * @throws ServiceError naming file and line: too few columns, a score that is no number.
 */
export async function scanRun(path: string, visit: RunVisitor): Promise<RunScan> {
  if (/\.json(\.gz)?$/.test(path)) return await scanJson(path, visit);
  const scan: RunScan = { tag: null, lines: 0 };
  let parse: BlockParser | null = null;
  for await (const block of readLineBlocks(path, 'run')) {
    parse ??= parserFor(block);
    if (parse) parse(block, path, visit, scan);
  }
  return scan;
}

type BlockParser = (block: LineBlock, path: string, visit: RunVisitor, scan: RunScan) => void;

const HASH = 35;
const FEED = 10;
const BRACE = 123;

const isBlank = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/** By the first line that says something; `null` while there is none. */
function parserFor({ bytes, end }: LineBlock): BlockParser | null {
  for (let at = 0; at < end; ) {
    const feed = bytes.indexOf(FEED, at);
    const stop = feed < 0 || feed >= end ? end : feed;
    const text = bytes.toString('utf8', at, stop).trim();
    at = stop + 1;
    if (text === '' || text.startsWith('#')) continue;
    if (text.charCodeAt(0) === BRACE) return parseJsonLines;
    const columns = text.split(/\s+/).length;
    return columns === 3 || columns === 4 ? parseMsMarco : parseTrec;
  }
  return null;
}

/** Start and end of up to six columns: reused for each line. */
const columns = new Int32Array(12);

/** Finds the columns of the line that starts at `start`; returns how many (6 at most). */
function splitColumns(bytes: Uint8Array, start: number, stop: number): number {
  let count = 0;
  let at = start;
  while (count < 6) {
    while (at < stop && isBlank(bytes[at] as number)) at += 1;
    if (at >= stop) break;
    columns[2 * count] = at;
    while (at < stop && !isBlank(bytes[at] as number)) at += 1;
    columns[2 * count + 1] = at;
    count += 1;
  }
  return count;
}

const start = (column: number) => columns[2 * column] as number;
const stopOf = (column: number) => columns[2 * column + 1] as number;

function* lineRanges(bytes: Buffer, end: number): Generator<[number, number]> {
  for (let at = 0; at < end; ) {
    const feed = bytes.indexOf(FEED, at);
    const stop = feed < 0 || feed >= end ? end : feed;
    yield [at, stop];
    at = stop + 1;
  }
}

/** Each byte is looked at once: this is where the time of reading goes. */
function parseTrec({ bytes, end, firstLine }: LineBlock, path: string, visit: RunVisitor, scan: RunScan): void {
  let line = firstLine;
  let lines = 0;
  let tagStart = -1;
  let tagEnd = -1;
  for (let at = 0; at < end; line++) {
    let found = 0;
    // Up to six columns of the line, which ends at a line feed.
    while (found < 6) {
      while (at < end && bytes[at] !== FEED && isBlank(bytes[at] as number)) at += 1;
      if (at >= end || bytes[at] === FEED) break;
      columns[2 * found] = at;
      while (at < end && !isBlank(bytes[at] as number)) at += 1;
      columns[2 * found + 1] = at;
      found += 1;
    }
    while (at < end && bytes[at] !== FEED) at += 1;
    at += 1;
    if (found === 0 || bytes[start(0)] === HASH) continue;
    if (found < 6)
      throw lineError(path, line, `expected 6 columns (topic Q0 document rank score tag), found ${found}.`);
    const score = parseNumber(bytes, start(4), stopOf(4));
    if (Number.isNaN(score)) throw noNumber(path, line, bytes.toString('utf8', start(4), stopOf(4)), ' in column 5');
    tagStart = start(5);
    tagEnd = stopOf(5);
    lines += 1;
    visit(bytes, start(0), stopOf(0), start(2), stopOf(2), score, line);
  }
  scan.lines += lines;
  if (tagStart >= 0) scan.tag = bytes.toString('utf8', tagStart, tagEnd);
}

function parseMsMarco({ bytes, end, firstLine }: LineBlock, path: string, visit: RunVisitor, scan: RunScan): void {
  let line = firstLine - 1;
  for (const [from, stop] of lineRanges(bytes, end)) {
    line += 1;
    const found = splitColumns(bytes, from, stop);
    if (found === 0 || bytes[start(0)] === HASH) continue;
    if (found !== 3 && found !== 4)
      throw lineError(path, line, `expected 3 or 4 columns (topic document rank [score]), found ${found}.`);
    const column = found - 1;
    const number = parseNumber(bytes, start(column), stopOf(column));
    if (Number.isNaN(number))
      throw noNumber(path, line, bytes.toString('utf8', start(column), stopOf(column)), ` in column ${found}`);
    visit(bytes, start(0), stopOf(0), start(1), stopOf(1), found === 3 ? -number : number, line);
    scan.lines += 1;
  }
}

function parseJsonLines({ bytes, end, firstLine }: LineBlock, path: string, visit: RunVisitor, scan: RunScan): void {
  let line = firstLine - 1;
  for (const [from, stop] of lineRanges(bytes, end)) {
    line += 1;
    const text = bytes.toString('utf8', from, stop);
    if (text.trim() === '') continue;
    const record = parseJsonObject({ text, line }, path);
    const topic = idField(record, TOPIC_FIELDS);
    const document = idField(record, DOCUMENT_FIELDS);
    if (topic === null) throw lineError(path, line, `expected a topic in one of ${TOPIC_FIELDS.join(', ')}.`);
    if (document === null) throw lineError(path, line, `expected a document in one of ${DOCUMENT_FIELDS.join(', ')}.`);
    const given = record.score ?? (typeof record.rank === 'number' ? -record.rank : undefined);
    const score = typeof given === 'number' ? given : Number.NaN;
    if (Number.isNaN(score)) throw noNumber(path, line, JSON.stringify(given) ?? 'none', ' in "score"');
    visitText(visit, topic, document, score, line);
    if (typeof record.tag === 'string') scan.tag = record.tag;
    scan.lines += 1;
  }
}

async function scanJson(path: string, visit: RunVisitor): Promise<RunScan> {
  const scan: RunScan = { tag: null, lines: 0 };
  for (const [topic, documents] of await readWholeJson(path, 'run')) {
    for (const [document, score] of documents) visitText(visit, topic, document, score, 0);
    scan.lines += documents.length;
  }
  return scan;
}

function visitText(visit: RunVisitor, topic: string, document: string, score: number, line: number): void {
  const topicBytes = Buffer.byteLength(topic);
  const bytes = Buffer.from(topic + document);
  visit(bytes, 0, topicBytes, topicBytes, bytes.length, score, line);
}

const noNumber = (path: string, line: number, found: string, where: string) =>
  lineError(path, line, `expected a number as score${where}, found ${found}.`);
