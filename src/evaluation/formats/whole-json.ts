import { ServiceError } from '../../errors.js';
import { readLineBlocks } from './line-blocks.js';

/**
 * A file that is one JSON object `{topic: {document: number}}`, as ranx and pytrec_eval write runs and qrels. It is held
 * as a whole; large runs belong into one of the formats with lines.
 *
 * @throws ServiceError naming the file, and the topic and document whose value is no number.
 */
export async function readWholeJson(path: string, what: string): Promise<[topic: string, [string, number][]][]> {
  const blocks: Buffer[] = [];
  for await (const { bytes, end } of readLineBlocks(path, what)) blocks.push(bytes.subarray(0, end));
  const invalid = (message: string, cause?: unknown) =>
    new ServiceError('invalid-request', { message: `${path}: ${message}`, cause });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(blocks).toString('utf8'));
  } catch (cause) {
    throw invalid(`expected JSON: ${(cause as Error).message}`, cause);
  }
  if (!isObject(value)) throw invalid('expected an object {topic: {document: number}}.');
  return Object.entries(value).map(([topic, documents]) => {
    if (!isObject(documents)) throw invalid(`topic ${topic}: expected an object {document: number}.`);
    const entries = Object.entries(documents).map(([document, number]): [string, number] => {
      if (typeof number !== 'number') throw invalid(`topic ${topic}, document ${document}: expected a number.`);
      return [document, number];
    });
    return [topic, entries];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
