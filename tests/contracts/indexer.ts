import { beforeEach, describe, expect, test } from 'vitest';
import type { StoredSource } from '../../src/retrieval/indexer.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';
import { type BackEnd, document, find, indexable, type OpenBackEnd, put, signal } from './back-end.js';

/** What every write side does. */
export function testIndexer(name: string, open: OpenBackEnd): void {
  describe(`${name}: indexer`, () => {
    let embedder: WordEmbedder;
    let backEnd: BackEnd;

    beforeEach(async () => {
      embedder = new WordEmbedder();
      backEnd = await open(embedder);
    });

    /** Ids found by each retriever, which must all agree. */
    const found = async (text: string, tenant = 'default') => {
      const access = { tenant, groups: [] };
      const all = await Promise.all(
        backEnd.retrievers.map((retriever) => find(retriever, embedder, text, { access, limit: 1 })),
      );
      for (const ids of all) expect(ids).toEqual(all[0]);
      return all[0];
    };

    test('an index that is not there is empty', async () => {
      expect(await backEnd.indexer.info(signal)).toEqual({
        embedderModelId: null,
        dimensions: null,
        documents: 0,
        passages: 0,
      });
      expect(await backEnd.indexer.fingerprints('default', ['a'], signal)).toEqual(new Map());
      expect(await backEnd.indexer.delete('default', ['a'], signal)).toBe(0);
    });

    test('what is put is counted and found at once', async () => {
      await put(backEnd, embedder, document('a', 'The piano has keys.'), document('b', 'A violin has strings.'));
      expect(await found('piano')).toEqual(['a#0']);
      expect(await backEnd.indexer.info(signal)).toEqual({
        embedderModelId: embedder.modelId,
        dimensions: embedder.dimensions,
        documents: 2,
        passages: 2,
      });
      await put(backEnd, embedder, document('c', 'A trumpet is brass.'));
      expect(await found('trumpet')).toEqual(['c#0']);
    });

    test('a document is replaced as a whole', async () => {
      const long = 'The piano has many black keys and white keys. The organ has several pipes and even more keys.';
      await put(backEnd, embedder, document('a', long), document('b', 'A violin has strings.'));
      expect((await backEnd.indexer.info(signal)).passages).toBe(3);
      await put(backEnd, embedder, document('a', 'The trumpet is brass.'));
      expect(await backEnd.indexer.info(signal)).toMatchObject({ documents: 2, passages: 2 });
      expect(await found('trumpet')).toEqual(['a#0']);
      for (const retriever of backEnd.retrievers.filter(({ kind }) => kind === 'lexical')) {
        expect(await find(retriever, embedder, 'organ pipes')).toEqual([]);
      }
    });

    test('a deleted document is gone, and others stay', async () => {
      await put(backEnd, embedder, document('a', 'The piano has keys.'), document('b', 'The piano has strings.'));
      expect(await backEnd.indexer.delete('default', ['a', 'unknown'], signal)).toBe(1);
      expect(await found('piano keys')).toEqual(['b#0']);
      expect(await backEnd.indexer.delete('default', ['a'], signal)).toBe(0);
    });

    test('one id in two tenants is two documents', async () => {
      await put(backEnd, embedder, document('a', 'The piano has keys.'));
      await put(backEnd, embedder, document('a', 'The piano has strings.', { tenant: 'other' }));
      expect((await backEnd.indexer.info(signal)).documents).toBe(2);
      await backEnd.indexer.delete('other', ['a'], signal);
      expect(await found('piano')).toEqual(['a#0']);
      expect(await found('piano', 'other')).toEqual([]);
    });

    test('fingerprints of stored documents', async () => {
      const ids = ["it's", '100%_"\\', '名'];
      for (const id of ids) {
        const item = await indexable(embedder, document(id, `About ${id}.`), `print of ${id}`);
        await backEnd.indexer.put([item], signal);
      }
      const prints = await backEnd.indexer.fingerprints('default', [...ids, 'unknown'], signal);
      expect(prints).toEqual(new Map(ids.map((id) => [id, `print of ${id}`])));
      expect(await backEnd.indexer.fingerprints('other', ids, signal)).toEqual(new Map());
    });

    test('groups of stored documents', async () => {
      await put(backEnd, embedder, document('open', 'A.'), document('closed', 'B.', { acl: ['staff', "o'hara"] }));
      expect(await backEnd.indexer.acls('default', ['open', 'closed', 'unknown'], signal)).toEqual(
        new Map([
          ['open', [[]]],
          ['closed', [['staff', "o'hara"]]],
        ]),
      );
      expect(await backEnd.indexer.acls('other', ['open'], signal)).toEqual(new Map());
    });

    test('how stored documents were cut', async () => {
      const { indexer } = backEnd;
      expect(await indexer.usualChunking(signal)).toBeNull();
      await put(backEnd, embedder, document('unknown', 'It was stored without.'));
      expect(await indexer.usualChunking(signal)).toBeNull();
      const chunking = { targetWords: 8, maxWords: 12, overlapWords: 3 };
      const cut = { "it's": chunking, b: { ...chunking, targetWords: 9 }, c: { ...chunking, targetWords: 9 } };
      for (const [id, own] of Object.entries(cut)) {
        const item = await indexable(
          embedder,
          document(id, `About ${id}.`, { tenant: id === 'c' ? 'other' : 'default' }),
        );
        await indexer.put([{ ...item, chunking: own }], signal);
      }
      expect(await indexer.chunkings('default', ["it's", 'b', 'c', 'unknown', 'absent'], signal)).toEqual(
        new Map([
          ["it's", cut["it's"]],
          ['b', cut.b],
        ]),
      );
      expect(await indexer.usualChunking(signal)).toEqual(cut.b);
    });

    test('of two documents with one id in a batch the later one counts', async () => {
      await put(backEnd, embedder, document('a', 'The piano has keys.'), document('a', 'The trumpet is brass.'));
      expect(await backEnd.indexer.info(signal)).toMatchObject({ documents: 1, passages: 1 });
      expect(await found('trumpet')).toEqual(['a#0']);
    });

    test('a document that cannot be stored is rejected, the others are stored', async () => {
      const good = await indexable(embedder, document('good', 'The piano has keys.'));
      const broken = { ...(await indexable(embedder, document('broken', 'The piano has keys.'))), vectors: [] };
      const result = await backEnd.indexer.put([broken, good], signal);
      expect(result).toMatchObject({ stored: 1, rejected: [{ documentId: 'broken' }] });
      expect(await found('piano')).toEqual(['good#0']);
    });

    test('vectors of another model are refused', async () => {
      const name = `mismatch-${Math.random()}`;
      await put(await open(embedder, name), embedder, document('a', 'The piano has keys.'));
      const other = new WordEmbedder('words@2');
      const again = await open(other, name);
      await expect(put(again, other, document('b', 'Text.'))).rejects.toMatchObject({ code: 'index-mismatch' });
      const dense = again.retrievers.filter(({ kind }) => kind === 'dense');
      for (const retriever of dense) {
        await expect(find(retriever, other, 'piano')).rejects.toMatchObject({ code: 'index-mismatch' });
        await expect(retriever.check(signal)).rejects.toMatchObject({ code: 'index-mismatch' });
      }
    });

    test('optimize changes no answer', async () => {
      const sources = Array.from({ length: 20 }, (_, index) => document(`d${index}`, `Piano number ${index}.`));
      for (const source of sources) await put(backEnd, embedder, source);
      await backEnd.indexer.optimize?.(signal);
      expect(await found('number 7')).toEqual(['d7#0']);
      await put(backEnd, embedder, document('d7', 'Replaced later.'));
      expect(await found('replaced')).toEqual(['d7#0']);
    });

    test('writers at the same time do not lose or double anything', async () => {
      const writes = Array.from({ length: 4 }, (_, index) =>
        put(backEnd, embedder, document(`d${index}`, `Number ${index}.`), document('shared', `Version ${index}.`)),
      );
      await Promise.all(writes);
      expect(await backEnd.indexer.info(signal)).toMatchObject({ documents: 5, passages: 5 });
    });

    test('all documents are read back with what their passages were made of', async (context) => {
      if (!backEnd.sources) return context.skip('this back end keeps no whole documents');
      const text = 'Keys\n\nBlack ones and white ones.\n\nage  name\n7  Ann\n8  Bo';
      const structure = {
        headings: [{ start: 0, end: 4, level: 2 }],
        tables: [{ start: 35, end: 57, headEnd: 44 }],
      };
      const full = document('full', text, { acl: ['staff'], date: '2024-02-29', metadata: { tags: ['x', "y's"] } });
      const plain = document('plain', 'A violin has strings.', { tenant: "o'hara" });
      const chunking = { targetWords: 8, maxWords: 12, overlapWords: 3 };
      await backEnd.indexer.put([{ ...(await indexable(embedder, full, 'one', structure)), chunking }], signal);
      await put(backEnd, embedder, plain, document('other', 'An organ.', { tenant: "o'hara" }));
      await put(backEnd, embedder, document('last', 'A harp.'));
      const read: StoredSource[] = [];
      for await (const one of backEnd.sources(signal)) read.push(one);
      expect(read).toHaveLength(4);
      expect(read).toContainEqual({ document: full, structure, chunking });
      expect(read).toContainEqual({ document: plain });
      const tenants = read.map(({ document: { tenant } }) => tenant);
      expect(tenants.filter((tenant, index) => tenant !== tenants[index - 1])).toHaveLength(2);
    });

    test('documents are read back as they were stored', async (context) => {
      if (!backEnd.documents) return context.skip('this back end keeps no whole documents');
      const full = document('a', 'First line.\n\n  Zweite Zeile 🙂. 第三行。', {
        url: 'https://example.org/a?b=c#d',
        title: 'A "title"',
        date: '2024-02-29',
        language: 'de-AT',
        acl: ['staff'],
        metadata: { section: 'guides', year: 2024, isNew: true, tags: ['x', "y's"] },
      });
      await put(backEnd, embedder, full);
      const read = (groups: string[], tenant = 'default') =>
        backEnd.documents?.getDocument('a', { tenant, groups }, signal);
      expect(await read(['staff'])).toEqual(full);
      expect(await read([])).toBeNull();
      expect(await read(['staff'], 'other')).toBeNull();
      expect(await backEnd.documents.getDocument('b', { tenant: 'default', groups: [] }, signal)).toBeNull();
    });
  });
}
