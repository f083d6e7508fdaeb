import { beforeAll, describe, expect, test } from 'vitest';
import { retrieveMany } from '../../src/retrieval/retrieve-many.js';
import type { Retriever } from '../../src/retrieval/retriever.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';
import { type BackEnd, document, type FindOptions, find, type OpenBackEnd, put, signal } from './back-end.js';

/** What every read side does. Each text shares a word with each query, so that filters decide alone. */
export function testRetriever(name: string, kind: Retriever['kind'], open: OpenBackEnd): void {
  describe(`${name}: ${kind} retriever`, () => {
    const embedder = new WordEmbedder();
    let backEnd: BackEnd;
    let retriever: Retriever;

    beforeAll(async () => {
      backEnd = await open(embedder);
      retriever = backEnd.retrievers.find((one) => one.kind === kind) as Retriever;
      await put(
        backEnd,
        embedder,
        document('open', 'The piano has keys.', { date: '2024-05-01', language: 'en', title: 'Instruments' }),
        document('staff', 'The piano costs money.', { acl: ['staff', "o'hara"], date: '2024-05-01T23:30:00Z' }),
        document('late', 'Pianos and organs. The piano is late.', {
          date: '2025-01-01',
          language: 'en-GB',
          metadata: { section: 'guides', year: 2025, tags: ['new', 'music'] },
        }),
        document('undated', 'A piano without a date.', { language: 'zh', metadata: { section: 'news', year: '2025' } }),
        document('chinese', '北京是中国的首都。钢琴有键。', { language: 'zh' }),
      );
      await put(backEnd, embedder, document('foreign', 'The piano has keys.', { tenant: 'other' }));
    });

    const ids = async (text: string, options?: FindOptions) =>
      (await find(retriever, embedder, text, { limit: 100, ...options })).map((id) => id.split('#')[0]).sort();
    const pianos = (filter: FindOptions['filter']) =>
      ids('piano', { filter, access: { tenant: 'default', groups: [] } });
    const others = kind === 'dense' ? ['chinese'] : [];

    test('the best comes first, with its score and all of its passage', async () => {
      const [queryVector] = await embedder.embedQueries(['piano keys'], signal);
      const query = { text: 'piano keys', access: { tenant: 'default', groups: [] } };
      const found = await retriever.retrieve({ query, queryVector, limit: 3 }, signal);
      expect(found[0]?.passage).toEqual({
        id: 'open#0',
        documentId: 'open',
        tenant: 'default',
        title: 'Instruments',
        url: '',
        text: 'The piano has keys.',
        start: 0,
        end: 19,
        sentences: [{ start: 0, end: 19 }],
        language: 'en',
        date: '2024-05-01',
        acl: [],
        metadata: {},
      });
      const score = kind === 'lexical' ? 'bm25Score' : 'denseScore';
      const scores = found.map((one) => one[score] as number);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(Object.keys(found[0] ?? {}).sort()).toEqual([score, 'passage'].sort());
      if (kind === 'dense') for (const value of scores) expect(Math.abs(value)).toBeLessThanOrEqual(1.000001);
    });

    test('limit', async () => {
      expect(await find(retriever, embedder, 'piano', { limit: 2 })).toHaveLength(2);
      const all = await find(retriever, embedder, 'piano', { limit: 2_000 });
      expect(all.map((id) => id.split('#')[0])).toEqual(expect.arrayContaining(['open', 'late', 'undated']));
    });

    test('many at once: for each what it gets alone, in the order asked', async () => {
      const others = { tenant: 'other', groups: [] };
      const asked: [string, FindOptions][] = [
        ['piano keys', { limit: 3 }],
        ['the piano is late', { limit: 1, filter: { languages: ['en-GB'] } }],
        ['piano', { access: others }],
        ['piano', { filter: { documentIds: [] } }],
      ];
      const vectors = await embedder.embedQueries(
        asked.map(([text]) => text),
        signal,
      );
      const requests = asked.map(([text, { access = { tenant: 'default', groups: [] }, filter, limit = 10 }], at) => ({
        query: { text, access, filter },
        queryVector: vectors[at],
        limit,
      }));
      const all = await retrieveMany(retriever, requests, signal);
      const alone = [];
      for (const request of requests) alone.push(await retriever.retrieve(request, signal));
      expect(all).toEqual(alone);
      expect(all.map((found) => found[0]?.passage.id)).toEqual(['open#0', 'late#0', 'foreign#0', undefined]);
      expect(await retrieveMany(retriever, [], signal)).toEqual([]);
      const aborted = retrieveMany(retriever, requests, AbortSignal.abort());
      await expect(aborted).rejects.toMatchObject({ code: 'cancelled' });
    });

    test('the same question twice gives the same order', async () => {
      const once = await find(retriever, embedder, 'the piano');
      expect(await find(retriever, embedder, 'the piano')).toEqual(once);
    });

    test('a tenant sees its own passages only', async () => {
      expect(await ids('piano', { access: { tenant: 'other', groups: [] } })).toEqual(['foreign']);
      expect(await ids('piano', { access: { tenant: "' OR true OR tenant = '", groups: [] } })).toEqual([]);
    });

    test('groups open what is closed', async () => {
      const visible = (groups: string[]) => ids('piano costs money', { access: { tenant: 'default', groups } });
      expect(await visible([])).not.toContain('staff');
      expect(await visible(['guests', "staff') OR true --"])).not.toContain('staff');
      expect(await visible(['guests', 'staff'])).toContain('staff');
      expect(await visible(["o'hara"])).toContain('staff');
    });

    test('filters', async () => {
      expect(await pianos({ documentIds: ['late', 'unknown'] })).toEqual(['late']);
      expect(await pianos({ documentIds: [] })).toEqual([]);
      expect(await pianos({ languages: ['en'] })).toEqual(['late', 'open']);
      expect(await pianos({ languages: ['EN-gb', 'fr'] })).toEqual(['late']);
      expect(await pianos({ languages: ['zh'] })).toEqual([...others, 'undated']);
      expect(await pianos({ metadata: { section: ['guides', 'blog'] } })).toEqual(['late']);
      expect(await pianos({ metadata: { section: ['guides', 'news'], year: [2025] } })).toEqual(['late']);
      expect(await pianos({ metadata: { tags: ['music'] } })).toEqual(['late']);
      expect(await pianos({ metadata: { "' OR 1=1": ['x'] } })).toEqual([]);
      expect(await pianos({ documentIds: ['open'], languages: ['zh'] })).toEqual([]);
    });

    test('dates are inclusive, and days are days', async () => {
      const staff = { tenant: 'default', groups: ['staff'] };
      const dated = (dateFrom?: string, dateTo?: string) =>
        ids('piano', { access: staff, filter: { dateFrom, dateTo } });
      expect(await dated('2024-05-01', '2024-05-01')).toEqual(['open', 'staff']);
      expect(await dated('2024-05-01T12:00:00Z', '2024-12-31')).toEqual(['staff']);
      expect(await dated('2024-05-02')).toEqual(['late']);
      expect(await dated(undefined, '2024')).toEqual(['open', 'staff']);
      expect(await dated('2024-05', '2024-05')).toEqual(['open', 'staff']);
      expect(await dated('soon')).toEqual([]);
    });

    test('a filter is applied before the limit', async () => {
      const filter = { documentIds: ['undated'] };
      expect(await find(retriever, embedder, 'the piano has keys', { limit: 1, filter })).toEqual(['undated#0']);
    });

    if (kind === 'lexical')
      test('titles, word forms and Chinese words are found', async () => {
        expect(await ids('instrument')).toEqual(['open']);
        expect(await ids('organ')).toEqual(['late']);
        expect(await ids('首都在哪里')).toEqual(['chinese']);
        expect(await ids('京')).toEqual(['chinese']);
      });

    if (kind === 'lexical')
      test('fuzzy: near words match, for whoever may see them', async () => {
        const near = async (text: string, groups: string[]) => {
          const query = { text, access: { tenant: 'default', groups } };
          const found = await retriever.retrieve({ query, limit: 100, fuzzy: true }, signal);
          return found.map(({ passage }) => passage.documentId);
        };
        for (const slip of ['organsm', 'orgns', 'orgaans', 'orgens', 'ograns', 'orgaks']) {
          expect(await near(slip, [])).toContain('late');
        }
        expect(await near('monye', ['guests'])).not.toContain('staff');
        expect(await near('monye', ['staff'])).toContain('staff');
        expect(await ids('orgens')).toEqual([]);
      });

    if (kind === 'lexical')
      test('what is new is found at once, by its words and by near ones, and what it replaced is not', async () => {
        const found = async (text: string, fuzzy = false) => {
          const query = { text, access: { tenant: 'default', groups: [] } };
          const hits = await retriever.retrieve({ query, limit: 100, fuzzy }, signal);
          return hits.map(({ passage }) => passage.documentId);
        };
        for (const isOptimized of [false, true]) {
          if (isOptimized) await backEnd.indexer.optimize?.(signal);
          await put(
            backEnd,
            embedder,
            document('new', 'A trumpet is brass.'),
            document('newer', 'The violin is wood.'),
          );
          expect(await found('trumpet')).toEqual(['new']);
          expect(await found('trumpat', true)).toEqual(['new']);
          expect(await found('voilin', true)).toContain('newer');
          await put(backEnd, embedder, document('new', 'A clarinet is wood.'));
          expect(await found('trumpat', true)).toEqual([]);
          expect(await found('clarnet', true)).toEqual(['new']);
          await backEnd.indexer.delete('default', ['new', 'newer'], signal);
          expect(await found('clarnet', true)).toEqual([]);
        }
      });

    if (kind === 'lexical')
      test('odd queries are queries', async () => {
        for (const text of ['???', '" OR (', "piano' --", '🙂', 'x'.repeat(5_000), '*', 'title:piano', '\u0000']) {
          await expect(ids(text)).resolves.toBeInstanceOf(Array);
        }
        expect(await ids('zebra')).toEqual([]);
      });

    test('an aborted request is not answered', async () => {
      const query = { text: 'piano', access: { tenant: 'default', groups: [] } };
      const [queryVector] = await embedder.embedQueries(['piano'], signal);
      const aborted = retriever.retrieve({ query, queryVector, limit: 1 }, AbortSignal.abort());
      await expect(aborted).rejects.toMatchObject({ code: 'cancelled' });
    });

    test('check', async () => {
      await retriever.check(signal);
    });
  });
}
