import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EmbeddedIndex, type EmbeddedIndexOptions } from '../../../src/retrieval/drivers/embedded.js';
import { document, find, type OpenBackEnd, put, signal } from '../../contracts/back-end.js';
import { testDocumentWriter } from '../../contracts/document-writer.js';
import { testIndexer } from '../../contracts/indexer.js';
import { testRetriever } from '../../contracts/retriever.js';
import { WordEmbedder } from '../../fixtures/word-embedder.js';

const root = await mkdtemp(join(tmpdir(), 'candor-embedded-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let count = 0;

const opener =
  (more: Partial<EmbeddedIndexOptions>): OpenBackEnd =>
  async (embedder, name = `index-${count++}`) => {
    const index = new EmbeddedIndex({ dir: join(root, name), embedder, ...more });
    return {
      indexer: index,
      retrievers: [index.lexicalRetriever(), index.denseRetriever()],
      documents: index,
      sources: (ask) => index.sources(ask),
    };
  };

// Once with rows that no index has yet, once with every index as fresh as can be.
for (const [name, open] of [
  ['embedded', opener({})],
  ['embedded, indexed', opener({ indexEvery: 1, indexFrom: 1 })],
] as const) {
  testIndexer(name, open);
  testDocumentWriter(name, open);
  testRetriever(name, 'lexical', open);
  testRetriever(name, 'dense', open);
}

test('a reader sees at once what another one has written', async () => {
  const embedder = new WordEmbedder();
  const dir = join(root, 'shared');
  const [writer, reader] = [new EmbeddedIndex({ dir, embedder }), new EmbeddedIndex({ dir, embedder })];
  const write = (text: string) => put({ indexer: writer, retrievers: [] }, embedder, document('a', text));
  for (const word of ['piano', 'trumpet', 'violin']) {
    await write(`The ${word} is here.`);
    expect(await find(reader.lexicalRetriever(), embedder, word)).toEqual(['a#0']);
    expect(await find(reader.denseRetriever(), embedder, word, { limit: 1 })).toEqual(['a#0']);
  }
  expect(await find(reader.lexicalRetriever(), embedder, 'piano')).toEqual([]);
  await writer.optimize(signal);
  await writer.delete('default', ['a'], signal);
  expect(await find(reader.denseRetriever(), embedder, 'violin')).toEqual([]);
  expect(await reader.getDocument('a', { tenant: 'default', groups: [] }, signal)).toBeNull();
});

test('an index that is only just being made is none yet, and can be made again when that was cut off', async () => {
  const embedder = new WordEmbedder();
  const dir = join(root, 'half-made');
  const index = new EmbeddedIndex({ dir, embedder });
  await put({ indexer: index, retrievers: [] }, embedder, document('a', 'The piano is here.'));
  await rm(join(dir, 'passages.lance', '_versions'), { recursive: true });
  const reader = new EmbeddedIndex({ dir, embedder });
  expect((await reader.info(signal)).documents).toBe(0);
  await put({ indexer: new EmbeddedIndex({ dir, embedder }), retrievers: [] }, embedder, document('b', 'A violin.'));
  expect(await find(reader.lexicalRetriever(), embedder, 'violin')).toEqual(['b#0']);
});

test('words that say nothing about the topic count less, in what is indexed and in what waits for it', async () => {
  const embedder = new WordEmbedder();
  const index = new EmbeddedIndex({ dir: join(root, 'function-words'), embedder });
  const answer = document(
    'answer',
    'Among old instruments of Florence the harpsichord stands first, with keys, strings and jacks.',
  );
  const noise = document('noise', 'Who was it? It was he who did it.');
  const others = Array.from({ length: 8 }, (_, at) => document(`d${at}`, `It was number ${at} who did the violin.`));
  const query = 'Who was it who did the harpsichord, and who was it before he did it?';
  const ranked = async () => (await find(index.lexicalRetriever(), embedder, query)).map((id) => id.split('#')[0]);
  await put({ indexer: index, retrievers: [] }, embedder, ...others, noise, answer);
  expect((await ranked())[0]).toBe('answer');
  await index.optimize(signal);
  expect((await ranked())[0]).toBe('answer');
  await put({ indexer: index, retrievers: [] }, embedder, answer);
  expect((await ranked())[0]).toBe('answer');
  expect(await find(index.lexicalRetriever(), embedder, 'who was it')).not.toEqual([]);
});

test('a lock that a dead process left is taken over', async () => {
  const embedder = new WordEmbedder();
  const dir = join(root, 'locked');
  await mkdir(dir);
  await writeFile(join(dir, 'writer.lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
  await put({ indexer: new EmbeddedIndex({ dir, embedder }), retrievers: [] }, embedder, document('a', 'A piano.'));
  expect(await readdir(dir)).not.toContain('writer.lock');
});

test('a full-text index that is damaged is found by the check', async () => {
  const embedder = new WordEmbedder();
  const dir = join(root, 'damaged-terms');
  const index = new EmbeddedIndex({ dir, embedder, indexEvery: 1 });
  await put({ indexer: index, retrievers: [] }, embedder, document('a', 'The piano has keys.'));
  await index.lexicalRetriever().check(signal);
  await index.close();
  const indices = join(dir, 'passages.lance/_indices');
  for (const file of await readdir(indices, { recursive: true }))
    if (file.endsWith('.lance')) await writeFile(join(indices, file), 'x'.repeat(500));
  const checked = new EmbeddedIndex({ dir, embedder }).lexicalRetriever().check(signal);
  await expect(checked).rejects.toMatchObject({ code: 'index-corrupt' });
});

describe('embedded: what can be wrong with a folder', () => {
  const embedder = new WordEmbedder();
  const filled = async () => {
    const dir = join(root, `index-${count++}`);
    const index = new EmbeddedIndex({ dir, embedder });
    await put({ indexer: index, retrievers: [] }, embedder, document('a', 'The piano has keys.'));
    await index.close();
    return { dir, retriever: new EmbeddedIndex({ dir, embedder }).lexicalRetriever() };
  };

  test('no index: the message says what to run', async () => {
    const index = new EmbeddedIndex({ dir: join(root, 'nowhere'), embedder });
    for (const work of [find(index.lexicalRetriever(), embedder, 'piano'), index.denseRetriever().check(signal)]) {
      await expect(work).rejects.toMatchObject({
        code: 'index-missing',
        message: expect.stringMatching(/nowhere.*candor ingest/),
      });
    }
  });

  test('an index made later is found', async () => {
    const dir = join(root, 'later');
    const retriever = new EmbeddedIndex({ dir, embedder }).lexicalRetriever();
    await expect(find(retriever, embedder, 'piano')).rejects.toMatchObject({ code: 'index-missing' });
    await put({ indexer: new EmbeddedIndex({ dir, embedder }), retrievers: [] }, embedder, document('a', 'A piano.'));
    expect(await find(retriever, embedder, 'piano')).toEqual(['a#0']);
  });

  test.each([
    ['index.json is cut off', async (dir: string) => writeFile(join(dir, 'index.json'), '{"formatVersion"')],
    [
      'another format',
      async (dir: string) => {
        const header = JSON.parse(await readFile(join(dir, 'index.json'), 'utf8')) as object;
        await writeFile(join(dir, 'index.json'), JSON.stringify({ ...header, formatVersion: 99 }));
      },
    ],
    ['files of the table are gone', async (dir: string) => rm(join(dir, 'passages.lance/data'), { recursive: true })],
    [
      'files of the table are something else',
      async (dir: string) => {
        for (const folder of ['data', '_versions']) {
          const path = join(dir, 'passages.lance', folder);
          for (const file of await readdir(path)) await writeFile(join(path, file), 'not a table');
        }
      },
    ],
    [
      'the passages are damaged',
      async (dir: string) => {
        const path = join(dir, 'passages.lance/data');
        for (const file of await readdir(path)) await writeFile(join(path, file), 'x'.repeat(500));
      },
    ],
  ])('%s', async (_, damage) => {
    const { dir, retriever } = await filled();
    await damage(dir);
    // The start of the service looks for itself, so that no reader of the site finds out first.
    const checked = new EmbeddedIndex({ dir, embedder }).denseRetriever().check(signal);
    await expect(checked).rejects.toMatchObject({ code: 'index-corrupt' });
    await expect(find(retriever, embedder, 'piano')).rejects.toMatchObject({
      code: 'index-corrupt',
      message: expect.stringContaining(`candor ingest PATH... --index ${dir}`),
    });
  });
});
