import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ServiceError } from '../../errors.js';
import { lineError } from './line-blocks.js';
import { scanRun } from './scan-run.js';

/** A document of a ranking. */
export interface RankedDocument {
  documentId: string;
  /** Higher is better; of any scale. */
  score: number;
}

/** A ranking for each topic, best first. */
export interface Run {
  name: string;
  topics: Map<string, RankedDocument[]>;
}

/**
 * A whole run in memory, in the order of its scores and, where these are equal, of descending document ids (bytes), as
 * trec_eval ranks. Formats and errors: {@link scanRun}. For evaluation alone use `judgeRun`, which keeps no ids.
 *
 * @throws ServiceError naming file and line, also for a document that occurs twice in a topic.
 */
export async function readRun(path: string, name = runName(path)): Promise<Run> {
  const topics = new Map<string, RankedDocument[]>();
  const seen = new Map<string, Set<string>>();
  await scanRun(path, (bytes, topicStart, topicEnd, documentStart, documentEnd, score, line) => {
    const text = bytes as Buffer;
    const topic = text.toString('utf8', topicStart, topicEnd);
    const documentId = text.toString('utf8', documentStart, documentEnd);
    let documents = topics.get(topic);
    if (!documents) {
      documents = [];
      topics.set(topic, documents);
      seen.set(topic, new Set());
    }
    const ids = seen.get(topic) as Set<string>;
    if (ids.has(documentId)) throw duplicateDocument(path, line, topic, documentId);
    ids.add(documentId);
    documents.push({ documentId, score });
  });
  for (const documents of topics.values()) documents.sort(byRank);
  return { name, topics };
}

/** Trec_eval's order: descending score in single precision, then descending id by its UTF-8 bytes. */
export function byRank(a: RankedDocument, b: RankedDocument): number {
  const [scoreA, scoreB] = [Math.fround(a.score), Math.fround(b.score)];
  // Not their difference, which is no number between two infinite scores.
  return scoreA === scoreB ? compareBytes(b.documentId, a.documentId) : scoreB > scoreA ? 1 : -1;
}

/** Order of UTF-8 bytes, which differs from that of JavaScript's strings where characters lie above U+FFFF. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII ends at U+007F
  if (/^[\u0000-\u007f]*$/.test(a) && /^[\u0000-\u007f]*$/.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function duplicateDocument(path: string, line: number, topic: string, documentId: string): ServiceError {
  const message = `topic ${topic} ranks document ${documentId} twice; remove one of the two lines.`;
  return line > 0
    ? lineError(path, line, message)
    : new ServiceError('invalid-request', { message: `${path}: ${message}` });
}

/** The name of a run: that of its file, without the usual endings. */
export function runName(path: string): string {
  return path === '-'
    ? 'stdin'
    : basename(path)
        .replace(/\.gz$/, '')
        .replace(/(?<=.)\.(run|trec|txt|tsv|jsonl?|res|results)$/, '');
}

/**
 * Writes a run in TREC's format, gzipped when the name ends in `.gz`. Scores are written in full, so that reading gives
 * them back to the last bit.
 *
 * @param topics Each with its documents, best first. An iterable is taken as it comes, so that a large run need not be
 *   held.
 * @param tag The last column; blanks become underscores.
 */
export async function writeRun(
  path: string,
  topics: Iterable<[string, readonly RankedDocument[]]> | AsyncIterable<[string, readonly RankedDocument[]]>,
  tag: string,
): Promise<void> {
  const target = createWriteStream(path);
  const text = Readable.from(trecLines(topics, tag.replace(/\s+/g, '_') || 'run'));
  await (path.endsWith('.gz') ? pipeline(text, createGzip(), target) : pipeline(text, target));
}

async function* trecLines(
  topics: Iterable<[string, readonly RankedDocument[]]> | AsyncIterable<[string, readonly RankedDocument[]]>,
  tag: string,
): AsyncGenerator<string> {
  for await (const [topic, documents] of topics) {
    const lines = documents.map(
      ({ documentId, score }, index) => `${topic} Q0 ${documentId} ${index + 1} ${score} ${tag}\n`,
    );
    yield lines.join('');
  }
}
