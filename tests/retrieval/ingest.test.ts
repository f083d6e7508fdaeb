import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { EmbeddedIndex } from '../../src/retrieval/drivers/embedded.js';
import { type IngestOptions, type IngestProgress, ingest } from '../../src/retrieval/ingest.js';
import { openSource } from '../../src/retrieval/loaders/load.js';
import type { Loaded } from '../../src/retrieval/loaders/loader.js';
import type { SourceDocument } from '../../src/types.js';
import { document, find, signal, split } from '../contracts/back-end.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

const root = await mkdtemp(join(tmpdir(), 'candor-ingest-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let count = 0;

const chunking = { targetWords: 8, maxWords: 12 };

function open(dir = join(root, `index-${count++}`)) {
  const embedder = new WordEmbedder();
  const indexer = new EmbeddedIndex({ dir, embedder });
  const options: IngestOptions = { embedder, indexer, split, chunking, batchPassages: 4 };
  return { dir, embedder, indexer, options };
}

async function* loaded(...documents: (SourceDocument | string)[]): AsyncGenerator<Loaded> {
  for (const [index, one] of documents.entries()) {
    if (typeof one === 'string') yield { type: 'rejected', file: 'f', line: index + 1, reason: one };
    else yield { type: 'document', document: one, headings: [], file: 'f', line: index + 1 };
  }
}

const many = (number: number, text = 'The piano has keys.') =>
  Array.from({ length: number }, (_, index) =>
    document(`d${index}`, `${text} Number ${index} of the collection it is.`),
  );

describe('ingest', () => {
  test('stores new documents, leaves equal ones alone, replaces changed ones', async () => {
    const { embedder, indexer, options } = open();
    const run = (...documents: SourceDocument[]) => ingest(loaded(...documents), options, signal);
    expect(await run(...many(10))).toEqual({ stored: 10, unchanged: 0, passages: 10, rejected: [] });
    expect(embedder.passages).toBe(10);
    const changed = [...many(9), document('d9', 'Now about trumpets.'), document('d10', 'New.', { title: 'T' })];
    expect(await run(...changed)).toMatchObject({ stored: 2, unchanged: 9, passages: 2 });
    expect(embedder.passages).toBe(12);
    expect(await find(indexer.lexicalRetriever(), embedder, 'trumpets')).toEqual(['d9#0']);
    expect(await run(document('d10', 'New.', { title: 'T', acl: ['staff'] }))).toMatchObject({ stored: 1 });
    expect(await find(indexer.lexicalRetriever(), embedder, 'new')).toEqual([]);
  });

  test('other passages or another model: everything is made anew', async () => {
    const { options } = open();
    await ingest(loaded(...many(3)), options, signal);
    const wider = { ...options, chunking: { targetWords: 10, maxWords: 14 } };
    expect(await ingest(loaded(...many(3)), wider, signal)).toMatchObject({ stored: 3, unchanged: 0 });
  });

  test('what was rejected on the way is listed, the rest is stored', async () => {
    const { options, indexer } = open();
    const put = indexer.put.bind(indexer);
    indexer.put = (documents, ask) =>
      put(
        documents.map((one) => (one.document.id === 'bad' ? { ...one, vectors: [] } : one)),
        ask,
      );
    const report = await ingest(loaded('no JSON', document('a', 'A.'), document('bad', 'B.')), options, signal);
    expect(report).toEqual({
      stored: 1,
      unchanged: 0,
      passages: 1,
      rejected: [
        { type: 'rejected', file: 'f', line: 1, reason: 'no JSON' },
        { type: 'rejected', file: 'f', line: 3, reason: 'It has 1 passages and 0 vectors.' },
      ],
    });
  });

  test('progress rises to the end', async () => {
    const { options } = open();
    const seen: IngestProgress[] = [];
    let position = 0;
    const onProgress = (progress: IngestProgress) => seen.push(progress);
    await ingest(loaded(...many(20)), { ...options, position: () => ++position, onProgress }, signal);
    expect(seen.map((one) => one.passages)).toEqual([...seen.map((one) => one.passages)].sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({ stored: 20, unchanged: 0, passages: 20, rejected: 0, position: 20 });
  });

  test('a store that fails ends the run with its error', async () => {
    const { options, indexer } = open();
    indexer.put = () => Promise.reject(new ServiceError('internal', { message: 'disk full' }));
    await expect(ingest(loaded(...many(40)), options, signal)).rejects.toThrow('disk full');
  });

  test('an aborted run ends, and what was stored stays', async () => {
    const { options, indexer } = open();
    const controller = new AbortController();
    const onProgress = ({ stored }: IngestProgress) => stored >= 8 && controller.abort();
    const run = ingest(loaded(...many(200)), { ...options, onProgress }, controller.signal);
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    const { documents } = await indexer.info(signal);
    expect(documents).toBeGreaterThanOrEqual(8);
    expect(documents).toBeLessThan(200);
  });

  test('killed halfway, it goes on where it stopped', async () => {
    const { dir, embedder, indexer, options } = open();
    const file = join(root, 'many.jsonl');
    const text = 'The first sentence of the document is here. The second sentence of the document follows it.';
    const documents = Array.from({ length: 150 }, (_, index) => ({
      id: `d${index}`,
      text: `${text} Number ${index}.`,
    }));
    await writeFile(file, documents.map((one) => JSON.stringify(one)).join('\n'));

    const child = spawn(process.execPath, ['--import', 'tsx', 'tests/fixtures/ingest-child.ts', file, dir], {
      stdio: 'inherit',
    });
    while (child.exitCode === null && (await indexer.info(signal)).documents < 20) await sleep(20);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const halfway = await indexer.info(signal);
    expect(halfway.documents).toBeGreaterThanOrEqual(20);
    expect(halfway.documents).toBeLessThan(150);
    const { passages } = await ingest(
      (await openSource([file], { tenant: 'default', acl: [] })).items,
      { ...options, batchPassages: 100 },
      signal,
    );
    const whole = await indexer.info(signal);
    expect(whole.documents).toBe(150);
    // Every document that was there was whole: only the others were embedded.
    expect(halfway.passages + passages).toBe(whole.passages);
    expect(embedder.passages).toBe(passages);
    expect(await find(indexer.lexicalRetriever(), embedder, 'number 149')).toContain('d149#1');
  }, 60_000);
});
