import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { EmbeddedIndex } from '../../src/retrieval/drivers/embedded.js';
import { testLeaks } from '../contracts/leaks.js';

const root = await mkdtemp(join(tmpdir(), 'candor-leaks-'));
afterAll(() => rm(root, { recursive: true, force: true }));

testLeaks('embedded', async (embedder) => {
  const index = new EmbeddedIndex({ dir: join(root, 'index'), embedder });
  return { indexer: index, retrievers: [index.lexicalRetriever(), index.denseRetriever()], documents: index };
});
