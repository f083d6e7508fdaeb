import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingestCorpus } from '../../src/cli/ingest-corpus.js';
import { loadConfig } from '../../src/config.js';
import { createPipeline, dropClusterIndex } from '../../src/pipeline/create-pipeline.js';
import { toSearchRequest } from '../../src/pipeline/search-request.js';
import type { Access } from '../../src/types.js';
import { signal } from '../contracts/back-end.js';

/**
 * The whole way with the real embedder: ingest into both clusters, search with both, with each alone, and with one down. The
 * tests share documents that none of them changes; what a test writes is its own.
 */

const { ELASTICSEARCH_URL, QDRANT_URL } = process.env;
const both = { ELASTICSEARCH_URL, QDRANT_URL };
const everybody: Access = { tenant: 'default', groups: [] };
let dir: string;
/** What an earlier run has left behind has another name. */
const alias = `test-pipeline-${process.pid}-${Date.now()}`;

const configOf = (changes: NodeJS.ProcessEnv) =>
  loadConfig({
    CANDOR_INDEX_DIR: join(dir, 'unused'),
    CANDOR_INFERENCE_WORKERS: '1',
    CANDOR_GENERATOR: 'off',
    CANDOR_RERANK_DEPTH: '0',
    // Long enough for a machine that does other things, too.
    CANDOR_HITS_TIMEOUT_MS: '20000',
    CANDOR_CLUSTER_ALIAS: alias,
    ...changes,
  });

async function search(changes: NodeJS.ProcessEnv, query: string, access = everybody) {
  const config = configOf(changes);
  const warnings: string[] = [];
  const pipeline = await createPipeline(config, { warn: (message) => warnings.push(message) });
  try {
    const defaults = { queryMaxCharacters: 2_000, answer: config.answer };
    const input = { query, answer: { mode: 'off' as const }, debug: true };
    const response = await pipeline.search(toSearchRequest(input, { requestId: 'r', access }, defaults), signal);
    const ids = response.results.map((result) => ('documentId' in result ? result.documentId : result.type));
    return { response, ids, warnings };
  } finally {
    await pipeline.close();
  }
}

function ingest(...lines: object[]) {
  const file = join(dir, `${randomUUID()}.jsonl`);
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  return ingestCorpus(configOf(both), file, signal, { output: new PassThrough() });
}

const piano = { id: 'piano', title: 'Piano', text: 'Bartolomeo Cristofori of Padua invented the piano.' };
const nile = { id: 'nile', title: 'Nile', text: 'The Nile is 6,853 km long. It flows north.' };
const secret = { id: 'secret', title: 'Secret', text: 'The piano of the staff room is out of tune.', acl: ['staff'] };

describe.skipIf(!ELASTICSEARCH_URL || !QDRANT_URL)(
  'pipeline over both clusters (ELASTICSEARCH_URL and QDRANT_URL name servers)',
  { timeout: 240_000 },
  () => {
    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'candor-clusters-'));
      await ingest(piano, nile, secret);
    });
    afterAll(async () => {
      await dropClusterIndex(configOf(both), signal);
      rmSync(dir, { recursive: true, force: true });
    });

    test('nothing ingested: the start says what to run', async () => {
      const empty = { ...both, CANDOR_CLUSTER_ALIAS: `${alias}-empty` };
      await expect(search(empty, 'piano')).rejects.toMatchObject({
        code: 'index-missing',
        message: expect.stringContaining('candor ingest'),
      });
    });

    test('ingested once, found by both; a second run changes nothing', async () => {
      const organs = ['pipe', 'barrel', 'mouth'].map((kind) => ({
        id: `${kind}-organ`,
        text: `The ${kind} organ plays.`,
      }));
      expect(await ingest(...organs)).toMatchObject({ stored: 3, unchanged: 0, rejected: [] });
      expect(await ingest(...organs)).toMatchObject({ stored: 0, unchanged: 3 });
      expect((await search(both, 'barrel organ')).ids[0]).toBe('barrel-organ');
    });

    test('what both clusters find is one page, with nothing missing', async () => {
      const { response, ids, warnings } = await search(both, 'Who invented the piano?');
      expect(ids[0]).toBe('piano');
      expect(response).not.toHaveProperty('degraded');
      expect(warnings).toEqual([]);
    });

    test('each serves alone and says so', async () => {
      for (const [name, alone] of [
        ['Elasticsearch', { ELASTICSEARCH_URL }],
        ['Qdrant', { QDRANT_URL }],
      ] as const) {
        const { ids, warnings } = await search(alone, 'Who invented the piano?');
        expect(ids[0]).toBe('piano');
        expect(warnings).toEqual([expect.stringContaining(`${name} serves alone`)]);
      }
    });

    test('no part of a closed document reaches a stranger, not even the trace', async () => {
      for (const env of [both, { ELASTICSEARCH_URL }, { QDRANT_URL }]) {
        for (const access of [
          everybody,
          { tenant: 'default', groups: ['guests'] },
          { tenant: 'other', groups: ['staff'] },
        ]) {
          const { response } = await search(env, 'piano of the staff room', access);
          expect(JSON.stringify(response)).not.toMatch(/secret|out of tune/i);
        }
        expect((await search(env, 'piano of the staff room', { ...everybody, groups: ['staff'] })).ids[0]).toBe(
          'secret',
        );
      }
    });

    test('a document that is closed is gone for the next query', async () => {
      const volga = { id: 'volga', title: 'Volga', text: 'The Volga is 3,530 km long. It flows south.' };
      await ingest(volga);
      expect((await search(both, 'How long is the Volga?')).ids[0]).toBe('volga');
      await ingest({ ...volga, acl: ['staff'] });
      expect((await search(both, 'How long is the Volga?')).ids).not.toContain('volga');
    });

    test('one that is down or answers nonsense costs recall, and the reply says which', async () => {
      const nonsense = createServer((_request, reply) => reply.end('<html>welcome</html>'));
      const addressOf = async (server: typeof nonsense) => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      };
      const down = 'http://127.0.0.1:9';
      try {
        for (const bad of [down, await addressOf(nonsense)]) {
          const noQdrant = await search({ ELASTICSEARCH_URL, QDRANT_URL: bad }, 'Who invented the piano?');
          expect(noQdrant.response.degraded).toEqual(['dense']);
          expect(noQdrant.ids[0]).toBe('piano');
          const noElastic = await search({ QDRANT_URL, ELASTICSEARCH_URL: bad }, 'Who invented the piano?');
          expect(noElastic.response.degraded).toEqual(['lexical']);
          expect(noElastic.ids[0]).toBe('piano');
        }
      } finally {
        nonsense.close();
      }
    });
  },
);
