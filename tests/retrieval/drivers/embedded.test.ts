import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EmbeddedIndex } from '../../../src/retrieval/drivers/embedded.js';
import { document, find, type OpenBackEnd, put, signal } from '../../contracts/back-end.js';
import { testIndexer } from '../../contracts/indexer.js';
import { testRetriever } from '../../contracts/retriever.js';
import { WordEmbedder } from '../../fixtures/word-embedder.js';

const root = await mkdtemp(join(tmpdir(), 'candor-embedded-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let count = 0;

const open: OpenBackEnd = async (embedder, name = `index-${count++}`) => {
  const index = new EmbeddedIndex({ dir: join(root, name), embedder });
  return { indexer: index, retrievers: [index.lexicalRetriever(), index.denseRetriever()], documents: index };
};

testIndexer('embedded', open);
testRetriever('embedded', 'lexical', open);
testRetriever('embedded', 'dense', open);

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
  ])('%s', async (_, damage) => {
    const { dir, retriever } = await filled();
    await damage(dir);
    await expect(find(retriever, embedder, 'piano')).rejects.toMatchObject({
      code: 'index-corrupt',
      message: expect.stringContaining(`candor ingest PATH... --index ${dir}`),
    });
  });
});
