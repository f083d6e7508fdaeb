import { describe, expect, test } from 'vitest';
import type { ChunkingOptions } from '../../src/retrieval/chunking.js';
import type { IndexableDocument, Indexer } from '../../src/retrieval/indexer.js';
import { PairedIndexer } from '../../src/retrieval/paired-indexer.js';
import { document, indexable, signal } from '../contracts/back-end.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

const embedder = new WordEmbedder();

/** Fingerprints by id; refuses the ids it is told to, fails when it is told to. */
class FakeStore implements Indexer {
  readonly name = 'fake';
  readonly stored = new Map<string, string>();
  refuses = new Set<string>();
  isDown = false;
  acl: string[] = [];
  chunking: ChunkingOptions | null = null;

  async info() {
    return { embedderModelId: 'words@1', dimensions: 64, documents: this.stored.size, passages: this.stored.size };
  }
  async fingerprints(_tenant: string, ids: readonly string[]) {
    return new Map(ids.flatMap((id) => (this.stored.has(id) ? [[id, this.stored.get(id) as string] as const] : [])));
  }
  async acls(tenant: string, ids: readonly string[]) {
    return new Map([...(await this.fingerprints(tenant, ids)).keys()].map((id) => [id, [this.acl]] as const));
  }
  async chunkings(tenant: string, ids: readonly string[]) {
    const { chunking } = this;
    if (!chunking) return new Map();
    return new Map([...(await this.fingerprints(tenant, ids)).keys()].map((id) => [id, chunking] as const));
  }
  async usualChunking() {
    return this.stored.size > 0 ? this.chunking : null;
  }
  async put(documents: readonly IndexableDocument[]) {
    if (this.isDown) throw new Error('down');
    const refused = documents.filter((item) => this.refuses.has(item.document.id));
    for (const item of documents) {
      if (!refused.includes(item)) this.stored.set(item.document.id, item.fingerprint);
    }
    const rejected = refused.map((item) => ({ documentId: item.document.id, reason: 'refused' }));
    return { stored: documents.length - refused.length, rejected };
  }
  async delete(_tenant: string, ids: readonly string[]) {
    return ids.filter((id) => this.stored.delete(id)).length;
  }
  async close() {}
}

const setUp = () => {
  const [first, second] = [new FakeStore(), new FakeStore()];
  return { first, second, pair: new PairedIndexer(first, second) };
};
const item = (id: string, fingerprint?: string) => indexable(embedder, document(id, `About ${id}.`), fingerprint);

describe('paired indexer', () => {
  test('what one store has in another form counts as not stored', async () => {
    const { pair, first } = setUp();
    await pair.put([await item('a'), await item('b')], signal);
    first.stored.set('b', 'older');
    expect(await pair.fingerprints('default', ['a', 'b', 'c'], signal)).toEqual(new Map([['a', 'first']]));
  });

  test('a document that the stores hold for different groups has the lists of both', async () => {
    const { pair, first, second } = setUp();
    await pair.put([await item('a'), await item('b')], signal);
    first.acl = ['staff'];
    second.stored.delete('b');
    expect(await pair.acls('default', ['a', 'b', 'c'], signal)).toEqual(
      new Map([
        ['a', [['staff'], []]],
        ['b', [['staff']]],
      ]),
    );
  });

  test('how documents were cut is known as long as one store knows it', async () => {
    const { pair, first, second } = setUp();
    await pair.put([await item('a'), await item('b')], signal);
    const [short, long] = [
      { targetWords: 8, maxWords: 12 },
      { targetWords: 80, maxWords: 120 },
    ];
    second.chunking = short;
    expect(await pair.usualChunking(signal)).toEqual(short);
    first.chunking = long;
    first.stored.delete('b');
    expect(await pair.usualChunking(signal)).toEqual(long);
    expect(await pair.chunkings('default', ['a', 'b', 'c'], signal)).toEqual(
      new Map([
        ['a', long],
        ['b', short],
      ]),
    );
  });

  test('a write that one store missed is done again by the next run', async () => {
    const { pair, second } = setUp();
    second.isDown = true;
    await expect(pair.put([await item('a')], signal)).rejects.toThrow('down');
    expect(await pair.fingerprints('default', ['a'], signal)).toEqual(new Map());
    second.isDown = false;
    expect(await pair.put([await item('a')], signal)).toEqual({ stored: 1, rejected: [] });
    expect(await pair.fingerprints('default', ['a'], signal)).toEqual(new Map([['a', 'first']]));
  });

  test('what one store refuses is in neither', async () => {
    const { pair, first, second } = setUp();
    second.refuses.add('a');
    const result = await pair.put([await item('a'), await item('b')], signal);
    expect(result).toEqual({ stored: 1, rejected: [{ documentId: 'a', reason: 'refused' }] });
    expect([...first.stored.keys()]).toEqual(['b']);
  });

  test('deleting counts a document that was in one of them only', async () => {
    const { pair, second } = setUp();
    await pair.put([await item('a')], signal);
    second.stored.delete('a');
    expect(await pair.delete('default', ['a'], signal)).toBe(1);
    expect((await pair.info(signal)).documents).toBe(0);
  });
});
