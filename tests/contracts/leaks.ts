import type { FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildService, indexParts } from '../api/service.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';
import { fakeCalibrator, fakeReranker, fakeReward } from '../pipeline/fakes.js';
import { document, type OpenBackEnd, put } from './back-end.js';

const SECRET = 'The zanzibar piano of the board costs nine million.';
/** No reply to a stranger may have any of these, whatever was asked. */
const TRACES = /zanzibar|nine million|secret-title|secret-url|secret-tag/i;

const keys = {
  board: { key: 'board-key-01234567', groups: ['board'], scopes: ['search', 'write', 'debug'] },
  guests: { key: 'guest-key-01234567', groups: ['guests'], scopes: ['search', 'write', 'debug'] },
  nobody: { key: 'group-less-key-012', groups: [], scopes: ['search', 'write', 'debug'] },
  foreign: {
    key: 'other-tenant-key-0',
    tenant: 'other',
    groups: ['board'],
    scopes: ['search', 'write', 'debug', 'admin'],
  },
};
type Who = keyof typeof keys;
const strangers = ['guests', 'nobody', 'foreign'] satisfies Who[];

/** A trace repeats what its caller asked: that is no secret to it. */
const withoutEcho = (body: string, query: string) =>
  body.replaceAll(JSON.stringify(query), '""').replaceAll('"documentIds":["secret"]', '');

/** What is closed to a caller is in no reply: tried over every route, with the answers' caches warm from somebody who may see it. */
export function testLeaks(name: string, open: OpenBackEnd): void {
  describe(`${name}: nothing leaks`, () => {
    let service: FastifyInstance;
    let isLexical: boolean;

    beforeAll(async () => {
      const embedder = new WordEmbedder();
      const backEnd = await open(embedder);
      isLexical = backEnd.retrievers.some(({ kind }) => kind === 'lexical');
      const more = { title: 'secret-title', url: 'https://example.org/secret-url', metadata: { tag: 'secret-tag' } };
      await put(
        backEnd,
        embedder,
        document('secret', SECRET, { ...more, acl: ['board'] }),
        document('open', 'The piano has keys.'),
      );
      const answering = {
        // Answers from whatever it is given: if a closed passage came this far, it would be quoted.
        generator: {
          modelId: 'policy@test',
          promptVersion: 'test',
          async *generate({ passages }: { passages: readonly { id: string; text: string }[] }) {
            for (const { id, text } of passages) {
              const common = { meanTokenLogprob: -0.1, declineProbability: 0, sampled: 'greedy' as const };
              yield { ...common, text: text.slice(0, 40), sentenceNumber: 1, passageId: id, declined: false };
            }
          },
          close: async () => {},
        },
        rewardModel: { ...fakeReward({}), score: async (items: readonly unknown[]) => items.map(() => 5) },
        calibrator: fakeCalibrator(),
      };
      const env = { CANDOR_API_KEYS: JSON.stringify(Object.values(keys)), CANDOR_ANSWER_DEADLINE_MS: '60000' };
      // The closed document would come first.
      const parts = { ...indexParts(backEnd, embedder), answering, reranker: fakeReranker({ secret: 0.9 }) };
      service = await buildService({ env, parts, hitsTimeoutMs: 30_000 });
    });

    const ask = (who: Who, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, headers = {}) =>
      service.inject({
        method,
        url,
        headers: { authorization: `Bearer ${keys[who].key}`, ...headers },
        ...(payload && { payload }),
      });
    const query = 'zanzibar piano of the board';
    /** Of what was asked only the answer is looked at: a caller may send back to itself what it knows. */
    const searches = (who: Who, text: string) => [
      ask(who, 'POST', '/v1/search', { query: text, debug: true }),
      ask(who, 'POST', '/v1/search', { query: text, debug: true, filter: { documentIds: ['secret'] } }),
      ask(who, 'POST', '/v1/search', { query: text, offset: 1, limit: 100 }),
      ask(who, 'POST', '/v1/search', { query: text, filter: { metadata: { tag: ['secret-tag'] } } }),
      ask(who, 'GET', `/v1/search?q=${encodeURIComponent(text)}&debug=true`),
      ask(who, 'GET', `/v1/search?q=${encodeURIComponent(text)}`, undefined, { accept: 'text/event-stream' }),
    ];

    test('whoever may see it is answered from it', async () => {
      const reply = await ask('board', 'POST', '/v1/search', { query, debug: true });
      expect(reply.json().answerStatus.reason).toBe('shown');
      expect(reply.body).toMatch(TRACES);
      expect((await ask('board', 'GET', '/v1/documents/secret')).json().text).toBe(SECRET);
      expect(reply.body).toMatch(/"stage":"reranking"[^}]*"outcome":"ok"/);
    });

    test.each(strangers)('%s: no suggestion has a word of it', async (who) => {
      const suggestionFor = async (asker: Who) =>
        (await ask(asker, 'POST', '/v1/search', { query: 'zanzibra', debug: true })).json().suggestion?.query;
      // Nothing is suggested where nothing searches by words.
      expect(await suggestionFor('board')).toBe(isLexical ? 'zanzibar' : undefined);
      expect(await suggestionFor(who)).toBeUndefined();
    });

    test.each(strangers)('%s: search, events, trace, answer and citation', async (who) => {
      // The question of the board a moment ago: what was computed for it must not be given to others.
      await Promise.all(searches('board', query));
      for (const text of [query, 'nine million', 'secret-title', 'piano', 'zanzibra milion']) {
        for (const reply of await Promise.all(searches(who, text))) {
          expect(reply.statusCode).toBe(200);
          expect(withoutEcho(reply.body, text)).not.toMatch(TRACES);
          expect(withoutEcho(reply.body, text)).not.toContain('"secret');
        }
      }
    });

    test.each(strangers)('%s: documents, one by one and several', async (who) => {
      const missing = await ask(who, 'GET', '/v1/documents/never-there');
      const hidden = await ask(who, 'GET', '/v1/documents/secret');
      const plain = ({ requestId: _, ...body }: Record<string, unknown>) =>
        JSON.stringify(body).replaceAll('never-there', 'secret');
      expect([hidden.statusCode, plain(hidden.json())]).toEqual([404, plain(missing.json())]);
      const version = (await ask('board', 'GET', '/v1/documents/secret')).json().version as string;
      const known = await ask(who, 'GET', '/v1/documents/secret', undefined, { 'if-none-match': `"${version}"` });
      expect(known.statusCode).toBe(404);
      expect((await ask(who, 'DELETE', '/v1/documents/secret')).json()).toEqual({ id: 'secret', outcome: 'absent' });
      const matching = await ask(who, 'DELETE', '/v1/documents/secret', undefined, { 'if-match': `"${version}"` });
      expect(matching.statusCode).toBe(412);
      expect(matching.body).not.toContain(`found version`);
      const operations = [
        { type: 'delete', id: 'secret', ifVersion: version },
        { type: 'delete', id: 'secret' },
      ];
      const several = await ask(who, 'POST', '/v1/documents', { operations });
      expect(several.body).not.toMatch(TRACES);
      if (who !== 'foreign') {
        expect((await ask(who, 'PUT', '/v1/documents/secret', { text: 'Mine.', acl: [] })).statusCode).toBe(403);
      }
      expect((await ask('board', 'GET', '/v1/documents/secret')).json().text).toBe(SECRET);
    });

    test('reranking knows the texts of its caller only', async () => {
      const body = { query, documents: ['A text.'], return_documents: true };
      for (const who of strangers) {
        const { body: reply } = await ask(who, 'POST', '/v1/rerank', body);
        expect(withoutEcho(reply, query)).not.toMatch(TRACES);
        // What a click names is not told back.
        const click = { events: [{ type: 'click', requestId: 'r', passageId: 'secret#0' }] };
        expect((await ask(who, 'POST', '/v1/feedback', click)).body).not.toMatch(TRACES);
      }
    });

    test('a document that was open and is closed is in no reply any more', async () => {
      const record = { title: 'secret-title', text: 'The zanzibar drum is here.' };
      await ask('board', 'PUT', '/v1/documents/drum', { ...record, acl: [] });
      const drum = 'zanzibar drum';
      expect((await ask('guests', 'POST', '/v1/search', { query: drum })).body).toMatch(TRACES);
      await ask('board', 'PUT', '/v1/documents/drum', { ...record, acl: ['board'] });
      for (const reply of await Promise.all(searches('guests', drum))) {
        expect(withoutEcho(reply.body, drum)).not.toMatch(TRACES);
      }
    });

    test('rules are for administrators, and what they say of a document is not', async () => {
      for (const who of strangers) {
        for (const url of ['/v1/admin/overrides', '/v1/admin/overrides/audit']) {
          const reply = await ask(who, 'GET', url);
          expect(reply.statusCode).toBe(who === 'foreign' ? 200 : 403);
          expect(reply.body).not.toMatch(TRACES);
        }
      }
    });

    test('every route that knows documents has been tried here', async () => {
      const { paths } = (await service.inject('/openapi.json')).json();
      const routes = Object.keys(paths).filter((path) => path.startsWith('/v1/') && !path.startsWith('/v1/admin/'));
      expect(routes.sort()).toEqual([
        '/v1/documents',
        '/v1/documents/{id}',
        '/v1/feedback',
        '/v1/rerank',
        '/v1/search',
      ]);
    });
  });
}
