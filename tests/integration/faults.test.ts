import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ElasticsearchIndex } from '../../src/retrieval/drivers/elasticsearch.js';
import { ANALYSIS, FORMAT_VERSION, mappings } from '../../src/retrieval/drivers/elasticsearch-schema.js';
import { QdrantIndex } from '../../src/retrieval/drivers/qdrant.js';
import type { Embedder } from '../../src/retrieval/embedder.js';
import { HybridRetriever } from '../../src/retrieval/hybrid-retriever.js';
import { ingest } from '../../src/retrieval/ingest.js';
import { openSource } from '../../src/retrieval/loaders/load.js';
import { PairedIndexer } from '../../src/retrieval/paired-indexer.js';
import { verify } from '../../src/retrieval/verify.js';
import type { SourceDocument } from '../../src/types.js';
import { document, find, indexable, signal, split } from '../contracts/back-end.js';
import { type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

/** What goes wrong in a store or in the input, against real engines; some of it through a proxy that misbehaves. */

const { ELASTICSEARCH_URL = '', QDRANT_URL = '' } = process.env;
const alias = `test-faults-${process.pid}`;
const embedder = new WordEmbedder();
const everybody = { tenant: 'default', groups: [] };

describe.skipIf(!ELASTICSEARCH_URL || !QDRANT_URL)(
  'faults of both clusters (ELASTICSEARCH_URL and QDRANT_URL name servers)',
  { timeout: 120_000 },
  () => {
    let elastic: FaultProxy;
    let qdrant: FaultProxy;
    let dir: string;
    const opened: { close(): Promise<void> }[] = [];

    function open(by: Pick<Embedder, 'modelId' | 'dimensions'> = embedder, name = alias) {
      const lexical = new ElasticsearchIndex({ url: elastic.url, alias: name, embedder: by });
      const dense = new QdrantIndex({ url: qdrant.url, alias: name, embedder: by });
      opened.push(lexical, dense);
      return { lexical, dense, indexer: new PairedIndexer(lexical, dense) };
    }
    const put = async (...sources: SourceDocument[]) =>
      open().indexer.put(
        await Promise.all(sources.map((one) => indexable(embedder, one, `print of ${one.text}`))),
        signal,
      );
    const differences = async () => {
      const { lexical, dense } = open();
      const stores = [lexical, dense].map((one) => ({ contents: one.contents(), indexer: one }));
      return (await verify(stores, {}, signal)).differences;
    };
    const textOf = async (id: string) => (await open().lexical.getDocument(id, everybody, signal))?.text;
    const settings = (change: object) =>
      fetch(`${ELASTICSEARCH_URL}/${alias}/_settings`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(change),
      });

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'candor-faults-'));
      elastic = await startFaultProxy(ELASTICSEARCH_URL);
      qdrant = await startFaultProxy(QDRANT_URL);
      // Ours in name and form, but somebody has mapped a field otherwise: dated documents do not fit.
      const header = { formatVersion: FORMAT_VERSION, modelId: embedder.modelId, dimensions: embedder.dimensions };
      const { properties, ...rest } = mappings(header);
      const made = await fetch(`${ELASTICSEARCH_URL}/${alias}-000001`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          settings: { analysis: ANALYSIS, number_of_replicas: 0 },
          mappings: { ...rest, properties: { ...properties, date_ms: { type: 'ip' } } },
          aliases: { [alias]: {} },
        }),
      });
      expect(made.status).toBe(200);
      expect(await put(document('a', 'The piano is here.'))).toMatchObject({ stored: 1 });
    });
    afterAll(async () => {
      const { lexical, dense } = open();
      await lexical.drop(signal);
      await dense.drop(signal);
      await Promise.all(opened.map((one) => one.close()));
      await elastic.close();
      await qdrant.close();
      await rm(dir, { recursive: true });
    });

    test('mapping conflict, and half of a bulk failing: the rest is stored, both stores agree', async () => {
      const sources = Array.from({ length: 6 }, (_, index) =>
        document(`half${index}`, `Number ${index}.`, index % 2 ? { date: '2024-05-01' } : {}),
      );
      const { stored, rejected } = await put(...sources);
      expect(stored).toBe(3);
      expect(rejected.map(({ documentId }) => documentId).sort()).toEqual(['half1', 'half3', 'half5']);
      for (const { reason } of rejected) expect(reason).toMatch(/date_ms/);
      expect(await differences()).toEqual([]);
      expect(await textOf('half1')).toBeUndefined();
    });

    test('a new version that is refused leaves the old one in both', async () => {
      const long = 'The piano is there now, and it is not alone. The organ has come to stay with it for good.';
      expect(await put(document('a', long, { date: '2024-05-01' }))).toMatchObject({ stored: 0 });
      expect(await textOf('a')).toBe('The piano is here.');
      expect(await differences()).toEqual([]);
      expect((await open().lexical.contents().states('default', ['a'], signal)).get('a')?.passages).toBe(1);
    });

    test('a server too busy for some passages of a bulk: these are sent again, and nobody is told', async () => {
      let left = 2;
      elastic.changeReply = ({ url = '' }, body) => {
        if (!url.includes('_bulk') || left-- <= 0) return body;
        const reply = JSON.parse(body) as { items: { index?: { status: number; error?: object } }[] };
        for (const { index } of reply.items.slice(1)) {
          if (index)
            Object.assign(index, { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'full' } });
        }
        return JSON.stringify(reply);
      };
      try {
        const busy = ['one', 'two', 'three'].map((word) => document(`item-${word}`, `The flute of number ${word}.`));
        expect(await put(...busy)).toEqual({ stored: 3, rejected: [] });
        expect(left).toBeLessThanOrEqual(0);
      } finally {
        elastic.changeReply = null;
      }
      expect(await differences()).toEqual([]);
    });

    test.each([
      ['Elasticsearch', () => elastic, /_bulk/],
      ['Qdrant', () => qdrant, /\/points/],
    ] as const)('%s has stored it and its reply is lost: written again, it is there once', async (name, of, path) => {
      let left = 1;
      of().changeReply = ({ url = '', method }, body) =>
        path.test(url) && (method === 'PUT' || /_bulk|batch/.test(url)) && left-- > 0 ? 'cut' : body;
      try {
        expect(await put(document('lost', `The reply of ${name} is lost.`))).toEqual({ stored: 1, rejected: [] });
        expect(left).toBeLessThanOrEqual(0);
      } finally {
        of().changeReply = null;
      }
      expect(await textOf('lost')).toBe(`The reply of ${name} is lost.`);
      expect(await differences()).toEqual([]);
    });

    test('a disk of Qdrant that is full: an error at once, and the same documents go in afterwards', async () => {
      expect(await put(document('full', 'The disk has room.'))).toMatchObject({ stored: 1 });
      qdrant.fault = ({ url = '', method }) => (method !== 'GET' && /\/points(\?|\/batch|$)/.test(url) ? 500 : null);
      const before = qdrant.faults;
      try {
        const writing = put(document('full', 'The disk is full.'));
        await expect(writing).rejects.toMatchObject({ code: 'retrieval-unavailable' });
        // Waiting does not help: it is asked once.
        expect(qdrant.faults - before).toBe(1);
      } finally {
        qdrant.fault = () => null;
      }
      // What only one store took is in no state that a later run would leave alone.
      expect(await open().indexer.fingerprints('default', ['full'], signal)).toEqual(new Map());
      expect(await put(document('full', 'The disk is full.'))).toMatchObject({ stored: 1 });
      expect(await differences()).toEqual([]);
    });

    test('an ingest that is killed goes on where it stopped', async () => {
      const name = `${alias}-killed`;
      const file = join(dir, 'many.jsonl');
      const records = Array.from({ length: 120 }, (_, index) => ({
        id: `d${index}`,
        text: `The drum of number ${index}.`,
      }));
      await writeFile(file, records.map((one) => JSON.stringify(one)).join('\n'));
      const { lexical, dense, indexer } = open(embedder, name);
      try {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', 'tests/fixtures/ingest-child.ts', file, '--clusters', name],
          { stdio: 'inherit' },
        );
        while (child.exitCode === null && (await dense.info(signal)).documents < 16) await sleep(20);
        child.kill('SIGKILL');
        await once(child, 'exit');
        const halfway = (await indexer.info(signal)).documents;
        expect(halfway).toBeGreaterThanOrEqual(16);
        expect(halfway).toBeLessThan(records.length);

        const { items } = await openSource([file], { tenant: 'default', acl: [] });
        const chunking = { targetWords: 8, maxWords: 12 };
        const report = await ingest(items, { embedder, indexer, split, chunking }, signal);
        expect(report).toMatchObject({ stored: records.length - report.unchanged, rejected: [] });
        // What both stores had was left alone.
        expect(report.unchanged).toBeGreaterThanOrEqual(16);
        for (const store of [lexical, dense]) {
          expect(await store.info(signal)).toMatchObject({ documents: records.length, passages: records.length });
        }
      } finally {
        await lexical.drop(signal);
        await dense.drop(signal);
      }
    });

    test.each([
      ['Elasticsearch', 429, () => elastic],
      ['Elasticsearch', 503, () => elastic],
      ['Qdrant', 429, () => qdrant],
      ['Qdrant', 503, () => qdrant],
      ['Elasticsearch', 'cut', () => elastic],
      ['Qdrant', 'cut', () => qdrant],
    ] as const)(
      '%s is busy or gone for a moment (%s): the write waits, a search goes on without it',
      async (_, fault, of) => {
        const proxy = of();
        const isWrite = ({ url = '', method }: IncomingMessage) =>
          url.includes('_bulk') || url.includes('/points/batch') || (method === 'PUT' && url.includes('/points'));
        let left = 2;
        proxy.fault = (request) => (isWrite(request) && left-- > 0 ? fault : null);
        try {
          const text = `The piano of ${fault} and ${proxy.url}.`;
          expect(await put(document('busy', text))).toMatchObject({ stored: 1, rejected: [] });
          expect(left).toBeLessThanOrEqual(0);
          expect(await textOf('busy')).toBe(text);
          expect(await differences()).toEqual([]);

          proxy.fault = () => fault;
          const { lexical, dense } = open();
          const retrievers = [lexical.lexicalRetriever(), dense.denseRetriever()];
          const hybrid = new HybridRetriever({ retrievers, embedder, timeoutMs: 20_000 });
          const found = await hybrid.retrieve({ text: 'piano', access: everybody }, 5, signal);
          const [kind, name] = proxy === elastic ? ['lexical', 'elasticsearch'] : ['dense', 'qdrant'];
          expect(found.degraded).toEqual([kind]);
          expect(found.failures).toEqual([{ kind, name, code: 'retrieval-unavailable' }]);
          expect(found.passages.length).toBeGreaterThan(0);
        } finally {
          proxy.fault = () => null;
        }
      },
    );

    test('a write that stays unacknowledged is done again by the next run', async () => {
      elastic.fault = ({ url = '' }) => (url.includes('_bulk') ? 500 : null);
      await expect(put(document('later', 'The harp is late.'))).rejects.toMatchObject({
        code: 'retrieval-unavailable',
      });
      elastic.fault = () => null;
      expect(await open().indexer.fingerprints('default', ['later'], signal)).toEqual(new Map());
      expect(await put(document('later', 'The harp is late.'))).toMatchObject({ stored: 1 });
      expect(await differences()).toEqual([]);
    });

    test('a full disk makes the index read-only: an error, nothing is lost, and it goes on afterwards', async () => {
      await settings({ 'index.blocks.read_only_allow_delete': true });
      const error = { code: 'retrieval-unavailable', message: expect.stringMatching(/read-only|blocked/i) };
      await expect(put(document('a', 'The piano has moved.'))).rejects.toMatchObject(error);
      expect(await textOf('a')).toBe('The piano is here.');
      await settings({ 'index.blocks.read_only_allow_delete': null });
      expect(await put(document('a', 'The piano has moved.'))).toMatchObject({ stored: 1 });
      expect(await textOf('a')).toBe('The piano has moved.');
      expect(await differences()).toEqual([]);
    });

    test('vectors of another size: refused, with the command that makes the index anew', async () => {
      const other = { modelId: 'other@1', dimensions: 3 };
      const item = { ...(await indexable(embedder, document('x', 'Text.'))), vectors: [new Float32Array([1, 0, 0])] };
      for (const { put: write } of [open(other).lexical, open(other).dense].map((one) => ({
        put: one.put.bind(one),
      }))) {
        await expect(write([item], signal)).rejects.toMatchObject({
          code: 'index-mismatch',
          message: expect.stringMatching(/other@1 \(3\).*candor rebuild/s),
        });
      }
      const odd = open().indexer.put([item], signal);
      await expect(odd).rejects.toMatchObject({ code: 'index-mismatch', message: expect.stringContaining('64') });
    });

    test('malformed, binary and endless files, an id twice: listed with their reasons, the rest is stored', async () => {
      const folder = await mkdtemp(join(dir, 'bad-'));
      const lines = [
        '{"id": "good", "text": "The trumpet is good."}',
        '{"id": "cut", "text": "The',
        '{"id": "good", "text": "Another one with its id."}',
        '{"id": "", "text": "No id."}',
        '{"id": "typo", "text": "Closed.", "alc": ["staff"]}',
      ];
      await writeFile(join(folder, 'records.jsonl'), lines.join('\n'));
      await writeFile(join(folder, 'picture.txt'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00]));
      const endless = Buffer.alloc(50 * 1024 * 1024, 'The piano has keys. ');
      await writeFile(join(folder, 'huge.txt'), endless);
      await writeFile(
        join(folder, 'huge.jsonl'),
        ['{"id": "huge", "text": "', endless, '"}\n{"id": "behind", "text": "The harp."}'].map(String).join(''),
      );
      const { items } = await openSource([folder], { tenant: 'default', acl: [] });
      const { indexer } = open();
      const report = await ingest(items, { embedder, indexer, split }, signal);
      expect(report.stored).toBe(2);
      const reasons = report.rejected.map(
        ({ file, line, reason }) => `${file.split('/').at(-1)}:${line ?? ''} ${reason}`,
      );
      expect(reasons.sort()).toEqual([
        expect.stringMatching(/^huge\.jsonl:1 .*bytes/),
        expect.stringMatching(/^huge\.txt: .*bytes/),
        expect.stringMatching(/^picture\.txt: .*not a text file/),
        expect.stringMatching(/^records\.jsonl:2 .*JSON/),
        expect.stringMatching(/^records\.jsonl:3 .*taken already/),
        expect.stringMatching(/^records\.jsonl:4 id/),
        expect.stringMatching(/^records\.jsonl:5 .*alc/),
      ]);
      expect(await differences()).toEqual([]);
    });

    test('a clock that is wrong changes nothing', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        for (const [year, word] of [
          ['1999', 'violin'],
          ['2099', 'cello'],
        ] as const) {
          vi.setSystemTime(new Date(`${year}-01-01`));
          await put(document('clock', `The ${word} of ${year}.`));
          expect(await find(open().lexical.lexicalRetriever(), embedder, word)).toEqual(['clock#0']);
        }
      } finally {
        vi.useRealTimers();
      }
      expect(await differences()).toEqual([]);
    });
  },
);
