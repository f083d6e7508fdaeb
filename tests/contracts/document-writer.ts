import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Author,
  type DocumentOperation,
  type DocumentOutcome,
  DocumentWriter,
} from '../../src/retrieval/document-writer.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';
import { type BackEnd, document, find, indexable, type OpenBackEnd, signal, split } from './back-end.js';

const author = (groups: string[] = [], isAdmin = false, tenant = 'default'): Author => ({ tenant, groups, isAdmin });
const put = (documentId: string, text: string, more: object = {}): DocumentOperation => {
  const { expected, ...record } = more as { expected?: DocumentOperation['expected'] };
  return { type: 'put', documentId, record: { text, ...record }, expected };
};
const remove = (documentId: string, expected?: DocumentOperation['expected']): DocumentOperation => ({
  type: 'delete',
  documentId,
  expected,
});
const outcomes = (all: DocumentOutcome[]) => all.map((one) => one.outcome);
const refusal = (one: DocumentOutcome | undefined) => (one?.outcome === 'refused' ? one.error.code : one?.outcome);

/** Single documents over every write side that keeps whole documents. */
export function testDocumentWriter(name: string, open: OpenBackEnd): void {
  describe(`${name}: document writer`, () => {
    let embedder: WordEmbedder;
    let backEnd: BackEnd;
    let writer: DocumentWriter;

    beforeEach(async () => {
      embedder = new WordEmbedder();
      backEnd = await open(embedder);
      const { indexer, documents } = backEnd;
      if (!documents) throw new Error('This suite needs whole documents.');
      writer = new DocumentWriter({ embedder, indexer, documents, split });
    });

    const write = (by: Author, ...operations: DocumentOperation[]) => writer.write(operations, by, signal);
    const everywhere = async (text: string, groups: string[] = []) => {
      const access = { tenant: 'default', groups };
      return Promise.all(backEnd.retrievers.map((one) => find(one, embedder, text, { access, limit: 1 })));
    };
    const each = (...ids: string[]) => backEnd.retrievers.map(() => ids);

    test('what is put, replaced and deleted is so for the very next query', async () => {
      const [created] = await write(author(), put('a', 'The piano has keys.'), put('b', 'A violin has strings.'));
      expect(created).toEqual({ documentId: 'a', outcome: 'created', version: expect.any(String), passages: 1 });
      expect(await everywhere('piano')).toEqual(each('a#0'));
      const [replaced] = await write(author(), put('a', 'The trumpet is brass.', { title: 'Brass' }));
      expect(replaced?.outcome).toBe('replaced');
      expect(await everywhere('trumpet brass')).toEqual(each('a#0'));
      expect(await writer.get('a', author(), signal)).toEqual({
        document: expect.objectContaining({
          id: 'a',
          tenant: 'default',
          title: 'Brass',
          text: 'The trumpet is brass.',
        }),
        version: (replaced as { version: string }).version,
      });
      expect(outcomes(await write(author(), remove('a')))).toEqual(['deleted']);
      expect(await writer.get('a', author(), signal)).toBeNull();
      expect(await everywhere('trumpet brass violin')).toEqual(each('b#0'));
    });

    test('the same again changes nothing and embeds nothing', async () => {
      const [first] = await write(author(), put('a', 'The piano has keys.'));
      const { passages } = embedder;
      const [second] = await write(author(), put('a', 'The piano has keys.'));
      expect(second).toEqual({ ...first, outcome: 'unchanged' });
      expect(embedder.passages).toBe(passages);
      expect(outcomes(await write(author(), remove('a'), remove('a'), remove('never')))).toEqual([
        'deleted',
        'absent',
        'absent',
      ]);
      // What was there before has its version back.
      expect((await write(author(), put('a', 'The piano has keys.')))[0]).toEqual(first);
    });

    test('a stored document is cut as it was, a new one as others are', async () => {
      const long =
        'The piano has keys and more keys. The violin has strings. The trumpet is made of brass. The harp is old.';
      const passages = async (id: string) => {
        const [outcome] = await write(author(), put(id, long));
        return outcome && 'passages' in outcome ? outcome.passages : outcome;
      };
      expect(await passages('whole')).toBe(1); // Into an empty index: as by default.
      expect(await passages('another')).toBe(1);
      await write(author(), remove('another'));
      for (const id of ['a', 'b', 'c']) {
        const chunking = { targetWords: 6, maxWords: id === 'a' ? 8 : 12 };
        await backEnd.indexer.put([{ ...(await indexable(embedder, document(id, 'Short.'))), chunking }], signal);
      }
      expect(await passages('a')).toBe(4);
      expect(await passages('new')).toBe(3);
      expect(await passages('whole')).toBe(1);
      expect(outcomes(await write(author(), put('a', long)))).toEqual(['unchanged']);
    });

    test('expectations', async () => {
      const [first] = await write(author(), put('a', 'One.', { expected: 'absent' }));
      const { version } = first as { version: string };
      expect(refusal((await write(author(), put('a', 'Two.', { expected: 'absent' })))[0])).toBe('version-conflict');
      const held = { versions: ['other', version] };
      expect(outcomes(await write(author(), put('a', 'Two.', { expected: held })))).toEqual(['replaced']);
      const late = await write(author(), put('a', 'Three.', { expected: held }), remove('a', held));
      expect(late.map(refusal)).toEqual(['version-conflict', 'version-conflict']);
      expect((await writer.get('a', author(), signal))?.document.text).toBe('Two.');
      expect(refusal((await write(author(), remove('b', 'present')))[0])).toBe('version-conflict');
      expect(outcomes(await write(author(), remove('a', 'present')))).toEqual(['deleted']);
    });

    test('of writers with one expectation one wins', async () => {
      const [first] = await write(author(), put('a', 'Start.'));
      const expected = { versions: [(first as { version: string }).version] };
      const all = await Promise.all(
        Array.from({ length: 5 }, (_, index) => write(author(), put('a', `Writer ${index}.`, { expected }))),
      );
      const won = all.flatMap(([one], index) => (one?.outcome === 'replaced' ? [index] : []));
      expect(won).toHaveLength(1);
      expect((await writer.get('a', author(), signal))?.document.text).toBe(`Writer ${won[0]}.`);
    });

    test('several operations on one document are done one after the other', async () => {
      const all = await write(author(), put('a', 'One.'), put('b', 'Other.'), remove('a'), put('a', 'Two.'));
      expect(outcomes(all)).toEqual(['created', 'created', 'deleted', 'created']);
      expect((await writer.get('a', author(), signal))?.document.text).toBe('Two.');
    });

    test('a bad record is refused, the others are stored', async () => {
      const all = await write(author(), put('a', ' '), put('b', 'Fine.'), put('c', 'Text.', { alc: ['staff'] }));
      expect(all.map(refusal)).toEqual(['invalid-request', 'created', 'invalid-request']);
      expect(all[2]).toMatchObject({ error: { message: expect.stringContaining('alc') } });
    });

    test('tenant and groups are those of the author', async () => {
      await write(author(['staff']), put('a', 'The piano of the staff.'));
      expect(await everywhere('piano')).toEqual(each());
      expect(await everywhere('piano', ['staff'])).toEqual(each('a#0'));
      expect((await writer.get('a', author(['staff']), signal))?.document.acl).toEqual(['staff']);

      // Somebody who may not see it can neither replace nor remove nor find out more about it.
      const stranger = await write(author(['guests']), put('a', 'Mine.'), remove('a'), remove('a', 'present'));
      expect(stranger.map(refusal)).toEqual(['forbidden', 'absent', 'version-conflict']);
      expect(await writer.get('a', author(['guests']), signal)).toBeNull();
      const foreign = await write(author(['guests']), put('b', 'For the board.', { acl: ['guests', 'board'] }));
      expect(foreign.map(refusal)).toEqual(['forbidden']);
      expect(outcomes(await write(author([], true), put('b', 'For the board.', { acl: ['board'] })))).toEqual([
        'created',
      ]);

      await write(author([], false, 'other'), put('a', 'The piano of another tenant.'));
      expect((await writer.get('a', author(['staff']), signal))?.document.text).toBe('The piano of the staff.');
      expect(outcomes(await write(author([], true, 'other'), remove('a')))).toEqual(['deleted']);
      expect(await everywhere('piano', ['staff'])).toEqual(each('a#0'));
    });

    test('a document that is closed is gone for the next query', async () => {
      await write(author(['staff']), put('a', 'The piano of the hall.', { acl: [] }));
      expect(await everywhere('piano hall')).toEqual(each('a#0'));
      await write(author(['staff']), put('a', 'The piano of the hall.', { acl: ['staff'] }));
      expect(await everywhere('piano hall')).toEqual(each());
    });
  });
}
