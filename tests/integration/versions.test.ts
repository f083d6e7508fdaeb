import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ElasticsearchIndex } from '../../src/retrieval/drivers/elasticsearch.js';
import { QdrantIndex } from '../../src/retrieval/drivers/qdrant.js';
import type { Embedder } from '../../src/retrieval/embedder.js';
import { agree, buildingAlias, rollBackVersion } from '../../src/retrieval/index-versions.js';
import { PairedIndexer } from '../../src/retrieval/paired-indexer.js';
import { freeze, type RebuildOptions, rebuild } from '../../src/retrieval/rebuild.js';
import { repair, type VerifiableStore, verify } from '../../src/retrieval/verify.js';
import type { SourceDocument } from '../../src/types.js';
import { document, find, indexable, signal, split } from '../contracts/back-end.js';
import { loadedFrom } from '../fixtures/loaded.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

/** Versions behind an alias, and comparing and mending two stores, against real engines. */

const { ELASTICSEARCH_URL = '', QDRANT_URL = '' } = process.env;
const alias = `test-versions-${process.pid}`;
const chunking = { targetWords: 8, maxWords: 12 };
const opened: { close(): Promise<void> }[] = [];

function open(embedder: Embedder, name = alias) {
  const lexical = new ElasticsearchIndex({ url: ELASTICSEARCH_URL, alias: name, embedder });
  const dense = new QdrantIndex({ url: QDRANT_URL, alias: name, embedder });
  opened.push(lexical, dense);
  const indexer = new PairedIndexer(lexical, dense);
  const retrievers = [lexical.lexicalRetriever(), dense.denseRetriever()];
  return { lexical, dense, indexer, retrievers, stores: [lexical.versions(), dense.versions()] };
}

/** What a rebuild needs, with the served version in the words of `embedder`. */
function rebuilding(embedder: WordEmbedder, name = alias): Omit<RebuildOptions, 'files'> {
  const served = open(embedder, name);
  const building = open(embedder, buildingAlias(name));
  return {
    stores: served.stores,
    building: building.indexer,
    buildingContents: building.lexical.contents(),
    served: { indexer: served.indexer, contents: served.lexical.contents() },
    ingest: { embedder, split, chunking, batchPassages: 8 },
  };
}

const found = async (embedder: Embedder, text: string, tenant = 'default', name = alias) => {
  const access = { tenant, groups: [] };
  const { retrievers } = open(embedder, name);
  const all = await Promise.all(retrievers.map((one) => find(one, embedder, text, { access, limit: 1 })));
  expect(all[1]).toEqual(all[0]);
  return all[0]?.[0]?.split('#')[0];
};

const long = 'The organ has several pipes and many keys. The piano has black keys and white keys too.';
const first = [document('a', 'The guitar is here.'), document('long', long)];
const foreign = document('a', 'The harp is here.', { tenant: 'other' });
const write = async (embedder: WordEmbedder, target: { put: ElasticsearchIndex['put'] }, one: SourceDocument) =>
  target.put([await indexable(embedder, one, `print of ${one.text}`)], signal);

describe.skipIf(!ELASTICSEARCH_URL || !QDRANT_URL)(
  'versions of both clusters (ELASTICSEARCH_URL and QDRANT_URL name servers)',
  { timeout: 240_000 },
  () => {
    const words = new WordEmbedder();

    beforeAll(async () => {
      const { indexer } = open(words);
      await indexer.put(await Promise.all(first.map((one) => indexable(words, one))), signal);
      await write(words, indexer, foreign);
    });
    afterAll(async () => {
      for (const name of [alias, `${alias}-killed`, `${alias}-headings`, `${alias}-cut`, `${alias}-pages`]) {
        const { lexical, dense } = open(words, name);
        await lexical.drop(signal);
        await dense.drop(signal);
      }
      await Promise.all(opened.map((index) => index.close()));
    });

    test('from files: they are all that the new version holds, and the old one is kept', async () => {
      const files = loadedFrom(document('b', 'The trumpet is here.'));
      const report = await rebuild({ ...rebuilding(words), files }, signal);
      expect(report).toMatchObject({ version: 2, before: 3, after: 1, isPublished: true, ingest: { stored: 1 } });
      expect(await found(words, 'trumpet')).toBe('b');
      expect(await found(words, 'harp', 'other')).toBeUndefined();

      const { stores } = open(words);
      expect(await rollBackVersion(stores, signal)).toBe(1);
      expect(await found(words, 'harp', 'other')).toBe('a');
      expect(await found(words, 'guitar')).toBe('a');
    });

    test('rejected records: nothing is switched unless they are accepted', async () => {
      const files = () => loadedFrom('no JSON', document('c', 'The drum is here.'));
      const refused = await rebuild({ ...rebuilding(words), files: files() }, signal);
      expect(refused).toMatchObject({ version: 3, isPublished: false });
      expect(await found(words, 'guitar')).toBe('a');
      const accepted = await rebuild({ ...rebuilding(words), files: files(), acceptRejects: true }, signal);
      expect(accepted).toMatchObject({ version: 3, isPublished: true, ingest: { stored: 0, unchanged: 1 } });
      const { stores } = open(words);
      expect((await stores[0]?.versions(signal))?.all).toEqual([1, 3]);
      await rollBackVersion(stores, signal);
    });

    test('from the index with another model: what is written meanwhile is in the new version', async () => {
      const other = new WordEmbedder('words@2');
      const { indexer } = open(words);
      // Somebody began a version with the old model and gave up: it is of no use now.
      const given = { ...rebuilding(words), files: loadedFrom('no JSON', document('d', 'Left behind.')) };
      expect(await rebuild(given, signal)).toMatchObject({ version: 4, isPublished: false });
      const options = rebuilding(other);
      let isDone = false;
      const meanwhile = async () => {
        if (isDone) return;
        isDone = true;
        await write(words, indexer, document('late', 'The violin came late.'));
        await write(words, indexer, document('a', 'The guitar was moved.'));
        await indexer.delete('default', ['long'], signal);
      };
      // Between the pages of the first pass.
      const contents = options.served.contents;
      const sources: typeof contents.sources = async function* (ask) {
        for await (const one of contents.sources(ask)) {
          yield one;
          await meanwhile();
        }
      };
      const served = { ...options.served, contents: { ...contents, sources } };
      const report = await rebuild({ ...options, served, files: null }, signal);
      expect(report).toMatchObject({ version: 4, isPublished: true, after: 3 });
      expect(await found(other, 'violin')).toBe('late');
      expect(await found(other, 'guitar moved')).toBe('a');
      expect(await found(other, 'harp', 'other')).toBe('a');
      const everybody = { tenant: 'default', groups: [] };
      expect(await open(other).lexical.getDocument('long', everybody, signal)).toBeNull();
      // The old model is refused from now on, with the command that helps.
      const old = write(words, open(words).indexer, document('x', 'Text.'));
      await expect(old).rejects.toMatchObject({
        code: 'index-mismatch',
        message: expect.stringMatching(/candor rebuild/),
      });
    });

    test('from the index: headings, tables and passages are as they were, and what is equal is left alone', async () => {
      const name = `${alias}-headings`;
      const text = `Keys\n\n${long}\n\nPipes\n\n${long.replace('piano', 'harp')}`;
      const headings = ['Keys', 'Pipes'].map((word) => ({
        start: text.indexOf(word),
        end: text.indexOf(word) + word.length,
      }));
      const files = (async function* () {
        yield { type: 'document', document: document('a', text), headings, file: 'f' } as const;
      })();
      await rebuild({ ...rebuilding(words, name), files }, signal);
      const other = new WordEmbedder('words@2');
      const before = await open(words, name).lexical.contents().read({ tenant: 'default', documentId: 'a' }, signal);
      const again = rebuilding(other, name);
      // Without settings, as on the command line: those that the documents were stored with count.
      const { ingest } = await rebuild(
        { ...again, ingest: { ...again.ingest, chunking: undefined }, files: null },
        signal,
      );
      // Stored in the first pass; in the others it is what would be made of it.
      expect(ingest).toMatchObject({ stored: 1, unchanged: 1 });
      for (const store of [open(other, name).lexical, open(other, name).dense]) {
        const after = await store.contents().read({ tenant: 'default', documentId: 'a' }, signal);
        expect(after).toEqual({ ...before, fingerprint: after?.fingerprint });
        expect(after?.passages.map(({ headings: above }) => above)).toContainEqual(['Pipes']);
      }
    });

    test('from files: they are cut as what is served, unless something else is said', async () => {
      const name = `${alias}-cut`;
      const cut = async (changes?: Partial<typeof chunking>) => {
        const options = rebuilding(words, name);
        const files = loadedFrom(document('a', long));
        await rebuild({ ...options, ingest: { ...options.ingest, chunking: changes }, files }, signal);
        const all = await Promise.all([options.building, options.served.indexer].map((one) => one.info(signal)));
        return all.map(({ passages }) => passages);
      };
      expect(await cut(chunking)).toEqual([0, 2]);
      expect(await cut()).toEqual([0, 2]);
      expect(await cut({ maxWords: 160 })).toEqual([0, 1]);
    });

    test('a frozen version takes no writes, a thawed one does', async () => {
      const other = new WordEmbedder('words@2');
      const { stores, indexer } = open(other);
      await freeze(stores, true, signal);
      const writing = write(other, indexer, document('x', 'Refused.'));
      await expect(writing).rejects.toMatchObject({ code: 'retrieval-unavailable' });
      await freeze(stores, false, signal);
      expect(await write(other, indexer, document('x', 'Taken.'))).toMatchObject({ stored: 1 });
    });

    test('a switch that was cut short between the stores is finished', async () => {
      const other = new WordEmbedder('words@2');
      const { stores, lexical, dense } = open(other);
      await lexical.versions().rollBack(signal);
      expect(await agree(stores, signal)).toHaveLength(1);
      expect((await dense.versions().versions(signal)).current).toBe(
        (await lexical.versions().versions(signal)).current,
      );
      expect(await agree(stores, signal)).toEqual([]);
      await rollBackVersion(stores, signal);
    });

    test('killed halfway, it goes on where it stopped', async () => {
      const name = `${alias}-killed`;
      const args = ['--import', 'tsx', 'tests/fixtures/rebuild-child.ts', name];
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      const building = open(words, buildingAlias(name)).indexer;
      // An index that is just being made cannot be counted yet.
      const stored = () =>
        building.info(signal).then(
          ({ documents }) => documents,
          () => 0,
        );
      while (child.exitCode === null && (await stored()) < 20) await sleep(50);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const halfway = await stored();
      expect(halfway).toBeLessThan(120);
      const embedder = new WordEmbedder();
      const files = loadedFrom(...Array.from({ length: 120 }, (_, index) => document(`d${index}`, `Number ${index}.`)));
      const options = rebuilding(embedder, name);
      const report = await rebuild({ ...options, files }, signal);
      expect(report).toMatchObject({ version: 1, after: 120, isPublished: true });
      expect(report.ingest.unchanged).toBeGreaterThanOrEqual(halfway);
    });

    test('what takes several requests to read is read once, and as it was when reading began', async () => {
      const name = `${alias}-pages`;
      const { lexical, dense, indexer } = open(words, name);
      const many = Array.from({ length: 230 }, (_, at) =>
        document(`d${at}`, `Number ${at}.`, { acl: at % 2 ? ['x'] : [] }),
      );
      await indexer.put(await Promise.all(many.map((one) => indexable(words, one))), signal);
      // More passages than a page of a listing has.
      const book = await indexable(
        words,
        document('book', Array(2_100).fill('Six words are one passage here.').join(' ')),
      );
      expect(book.passages).toHaveLength(2_100);
      await indexer.put([book], signal);
      for (const store of [lexical.contents(), dense.contents()]) {
        const read: string[] = [];
        for await (const { document: one } of store.sources(signal)) read.push(one.id);
        expect(read.sort()).toEqual([...many.map(({ id }) => id), 'book'].sort());
        const listed = new Set<string>();
        for await (const page of store.list(signal)) for (const { documentId } of page) listed.add(documentId);
        expect(listed.size).toBe(231);
        expect((await store.states('default', ['book'], signal)).get('book')).toMatchObject({
          passages: 2_100,
          isWhole: true,
        });
        const whole = await store.read({ tenant: 'default', documentId: 'book' }, signal);
        expect(whole?.passages.map(({ id }) => id)).toEqual(book.passages.map(({ id }) => id));
      }
      const read: string[] = [];
      for await (const { document: one } of lexical.contents().sources(signal)) {
        if (read.length === 0) await indexer.delete('default', ['d99'], signal);
        read.push(one.id);
      }
      expect(read).toContain('d99');
    });

    test('differences between the stores are found and mended', async () => {
      const other = new WordEmbedder('words@2');
      const { lexical, dense, indexer } = open(other);
      const stores: VerifiableStore[] = [lexical, dense].map((one) => ({ contents: one.contents(), indexer: one }));
      const sources = ['lost', 'ghost', 'half', 'old'].map((id) => document(id, `${long} This one is ${id}.`));
      await indexer.put(await Promise.all(sources.map((one) => indexable(other, one))), signal);
      expect(await verify(stores, {}, signal)).toMatchObject({ differences: [] });
      expect(await verify(stores, { sample: 5 }, signal)).toMatchObject({ differences: [] });

      await lexical.delete('default', ['lost'], signal);
      await dense.delete('default', ['ghost'], signal);
      await dense.contents().trim({ tenant: 'default', documentId: 'half' }, 1, signal);
      await dense.put([await indexable(other, document('old', 'The piano of an older text.'), 'older')], signal);
      // The start of a write that nobody was told had succeeded: passages without a first one.
      const orphan = await indexable(other, document('orphan', long));
      await dense.put([orphan], signal);
      await removeHead('orphan');

      for (const options of [{}, { sample: 1_000 }]) {
        const { differences, counts } = await verify(stores, options, signal);
        const ids = differences.map(({ documentId }) => documentId).sort();
        // What has no first passage is no document, and is not drawn as one.
        expect(ids).toEqual(['ghost', 'half', 'lost', 'old', ...('sample' in options ? [] : ['orphan'])]);
        expect(counts.map(({ name }) => name)).toEqual(['elasticsearch', 'qdrant']);
      }
      const { differences } = await verify(stores, {}, signal);
      const done = new Map<string, string>();
      for (const one of differences)
        done.set(one.documentId, await repair(stores, one, { embedder: other, split }, signal));
      expect(Object.fromEntries(done)).toEqual({
        ghost: 'copied',
        half: 'copied',
        lost: 'copied',
        old: 'copied',
        orphan: 'removed',
      });
      expect(await verify(stores, {}, signal)).toMatchObject({ differences: [] });
      expect(await found(other, 'this one is lost')).toBe('lost');
      expect(await found(other, 'this one is old')).toBe('old');
    });

    async function removeHead(documentId: string): Promise<void> {
      const must = [
        { key: 'document_id', match: { value: documentId } },
        { key: 'ordinal', match: { value: 0 } },
      ];
      await fetch(`${QDRANT_URL}/collections/${alias}/points/delete?wait=true`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ filter: { must } }),
      });
    }
  },
);
