import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ElasticsearchIndex } from '../../src/retrieval/drivers/elasticsearch.js';
import { QdrantIndex } from '../../src/retrieval/drivers/qdrant.js';
import { PairedIndexer } from '../../src/retrieval/paired-indexer.js';
import { verify } from '../../src/retrieval/verify.js';
import { document, find, indexable, signal } from '../contracts/back-end.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

/**
 * Both engines killed (SIGKILL) and started again in the middle of an ingest. The test starts engines of its own, so it needs
 * the scripts that start them: SEARCH_SERVERS names their folder.
 */
const scripts = process.env.SEARCH_SERVERS ?? '../shared/servers';
const isPossible = process.env.ELASTICSEARCH_URL && existsSync(join(scripts, 'elasticsearch/start.sh'));

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** One engine in a folder of its own. */
class Engine {
  readonly url: string;
  #child: ChildProcess | null = null;

  constructor(
    readonly name: string,
    readonly port: number,
    readonly dir: string,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const child = spawn(join(scripts, this.name, 'start.sh'), [String(this.port), this.dir], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    // Read on to the end: an engine whose output nobody reads stops at its next line.
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text) => String(text).includes('ready') && resolve());
      child.once('exit', () => reject(new Error(`${this.name} did not start`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

describe.skipIf(!isPossible)(
  'engines that are killed and start again (ELASTICSEARCH_URL is set and SEARCH_SERVERS has start scripts)',
  { timeout: 900_000 },
  () => {
    const embedder = new WordEmbedder();
    let dir: string;
    let elastic: Engine;
    let qdrant: Engine;

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'candor-restart-'));
      elastic = new Engine('elasticsearch', await freePort(), join(dir, 'elasticsearch'));
      qdrant = new Engine('qdrant', await freePort(), join(dir, 'qdrant'));
      await Promise.all([elastic.start(), qdrant.start()]);
    }, 600_000);
    afterAll(async () => {
      await Promise.all([elastic.kill(), qdrant.kill()]);
      await rm(dir, { recursive: true, force: true });
    });

    test('nothing that was acknowledged is lost, and the ingest goes on', async () => {
      const lexical = new ElasticsearchIndex({ url: elastic.url, alias: 'restart', embedder });
      const dense = new QdrantIndex({ url: qdrant.url, alias: 'restart', embedder });
      const indexer = new PairedIndexer(lexical, dense);
      const acknowledged: string[] = [];
      const put = async (number: number) => {
        const id = `d${number}`;
        const item = await indexable(embedder, document(id, `The piano of house ${number}.`));
        // What is not acknowledged is sent again, as every client would.
        while (!acknowledged.includes(id)) {
          const { stored } = await indexer.put([item], signal).catch(() => ({ stored: 0 }));
          if (stored === 1) acknowledged.push(id);
        }
      };
      for (let number = 0; number < 5; number++) await put(number);
      let next = 5;
      for (const engine of [elastic, qdrant]) {
        const writing = (async () => {
          for (let count = 0; count < 5; count++) await put(next++);
        })();
        await engine.kill();
        await engine.start();
        await writing;
      }
      expect(acknowledged).toHaveLength(15);
      for (const store of [lexical, dense]) {
        expect(await store.info(signal)).toMatchObject({ documents: 15, passages: 15 });
      }
      const stores = [lexical, dense].map((one) => ({ contents: one.contents(), indexer: one }));
      expect((await verify(stores, {}, signal)).differences).toEqual([]);
      expect(await find(lexical.lexicalRetriever(), embedder, 'house 14', { limit: 1 })).toEqual(['d14#0']);
      await lexical.close();
    });
  },
);
