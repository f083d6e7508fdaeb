import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import type { PipelineParts } from '../../src/pipeline/parts.js';
import { fakeParts } from '../pipeline/fakes.js';
import { buildService, post } from './service.js';

const service = await buildService();

describe('POST /v1/search', () => {
  it('answers with exactly the documented fields', async () => {
    const reply = await post(service, { query: 'Who invented the piano?' });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    const body = reply.json();
    expect(Object.keys(body).sort()).toEqual(['answerStatus', 'requestId', 'results', 'timings']);
    expect(body.requestId).toBe(reply.headers['x-request-id']);
    expect(body.answerStatus).toEqual({
      shown: true,
      strategy: 'answer',
      reason: 'shown',
      confidence: expect.any(Number),
    });
    expect(body.results[0]).toEqual({
      type: 'answer',
      layout: 'inline',
      text: 'Bartolomeo Cristofori',
      confidence: expect.any(Number),
      citations: [
        {
          passageId: 'piano#0',
          documentId: 'piano',
          url: 'https://example.org/piano',
          quote: 'Bartolomeo Cristofori invented it in Florence.',
          start: 23,
          end: 69,
        },
      ],
    });
    expect(body.results[1]).toEqual({
      type: 'passage',
      id: 'piano#0',
      documentId: 'piano',
      title: 'piano',
      url: 'https://example.org/piano',
      snippet: expect.stringContaining('Cristofori'),
      highlights: expect.any(Array),
      score: 0.9,
    });
  });

  it('takes every option', async () => {
    const reply = await post(service, {
      query: 'piano',
      limit: 1,
      offset: 0,
      filter: { languages: ['en'], dateFrom: '2020-01-01', metadata: { section: ['guides'] } },
      answer: { mode: 'auto', deadlineMs: 1_000, candidates: 2, minConfidence: 0.99 },
      sessionId: 's',
      userId: 'u',
      debug: true,
    });
    expect(reply.json()).toMatchObject({ answerStatus: { shown: false, reason: 'low-confidence' } });
    expect(reply.json().results).toHaveLength(1);
    expect(reply.json().trace.entries.map(({ stage }: { stage: string }) => stage)).toContain('reward');
  });

  it('finds nothing without an error', async () => {
    const empty = { passages: { retrieve: async () => ({ passages: [], degraded: [] }) } };
    const reply = await post(await buildService({ parts: empty }), { query: 'zzz' });
    expect([reply.statusCode, reply.json().results, reply.json().answerStatus.reason]).toEqual([
      200,
      [],
      'no-evidence',
    ]);
  });

  it('serves hits while a back end and the generator are broken', async () => {
    const found = await fakeParts().passages.retrieve({} as never, [1], {} as never);
    const parts: Partial<PipelineParts> = {
      answering: null,
      passages: { retrieve: async () => ({ ...found, degraded: ['dense'] }) },
    };
    const reply = await post(await buildService({ parts }), { query: 'piano' });
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toMatchObject({ degraded: ['dense'], answerStatus: { reason: 'generator-unavailable' } });
    expect(reply.json().results).toHaveLength(3);
  });
});

describe('GET /v1/search', () => {
  const get = (query: string) => service.inject({ url: `/v1/search?${query}` });

  it('does the same', async () => {
    const reply = await get('q=Who+invented+the+piano%3F&limit=2&debug=true');
    expect(reply.statusCode).toBe(200);
    expect(reply.json().results.map(({ type }: { type: string }) => type)).toEqual(['answer', 'passage', 'passage']);
    expect(reply.json()).toHaveProperty('trace');
  });

  it('reads the answer options', async () => {
    expect((await get('q=piano&answer=off')).json().answerStatus.reason).toBe('off');
    expect((await get('q=piano&minConfidence=0.99')).json().answerStatus.reason).toBe('low-confidence');
  });

  it.each([
    '',
    'q=',
    'q=a&limit=-1',
    'q=a&limit=x',
    'q=a&limit=1.5',
    'q=a&q=b',
    'q=a&colour=red',
    'q=a&answer=maybe',
    'q=a&minConfidence=2',
    'q=%00',
  ])('refuses ?%s', async (query) => {
    const reply = await get(query);
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([400, expect.stringMatching(/problem\+json/)]);
  });

  it('refuses a broken address', async () => {
    const reply = await service.inject({ url: '/v1/%E0%A4%A' });
    expect([reply.statusCode, reply.json().code]).toEqual([400, 'invalid-request']);
  });
});

describe('bad input', () => {
  it.each<[string, unknown, string, string?]>([
    ['no query', {}, 'invalid-request', 'query'],
    ['empty query', { query: '' }, 'empty-query'],
    ['blank query', { query: ' \n ' }, 'empty-query'],
    ['10,000 characters', { query: 'x'.repeat(10_000) }, 'query-too-long'],
    ['control characters', { query: 'a\u0000b' }, 'invalid-request'],
    ['number as query', { query: 42 }, 'invalid-request', 'query'],
    ['list as query', { query: ['a'] }, 'invalid-request', 'query'],
    ['null as query', { query: null }, 'invalid-request', 'query'],
    ['unknown field', { query: 'a', colour: 'red' }, 'invalid-request', ''],
    ['unknown field inside', { query: 'a', answer: { speed: 9 } }, 'invalid-request', 'answer'],
    ['limit -1', { query: 'a', limit: -1 }, 'invalid-request', 'limit'],
    ['limit 101', { query: 'a', limit: 101 }, 'invalid-request', 'limit'],
    ['limit as text', { query: 'a', limit: '10' }, 'invalid-request', 'limit'],
    ['half a hit', { query: 'a', limit: 1.5 }, 'invalid-request', 'limit'],
    ['offset 1001', { query: 'a', offset: 1_001 }, 'invalid-request', 'offset'],
    ['offset 1000', { query: 'a', offset: 1_000, limit: 1 }, 'invalid-request'],
    ['no hit of a document', { query: 'a', passagesPerDocument: 0 }, 'invalid-request', 'passagesPerDocument'],
    ['confidence 2', { query: 'a', answer: { minConfidence: 2 } }, 'invalid-request', 'answer.minConfidence'],
    ['17 candidates', { query: 'a', answer: { candidates: 17 } }, 'invalid-request', 'answer.candidates'],
    ['no such mode', { query: 'a', answer: { mode: 'always' } }, 'invalid-request', 'answer.mode'],
    ['no date', { query: 'a', filter: { dateFrom: 'yesterday' } }, 'invalid-request', 'filter.dateFrom'],
    ['a list', [], 'invalid-request'],
    ['a list of queries', [{ query: 'a' }], 'invalid-request'],
  ])('%s', async (_what, payload, code, path) => {
    const reply = await post(service, payload);
    expect([reply.statusCode, reply.json().code]).toEqual([400, code]);
    if (path !== undefined) expect(reply.json().errors).toMatchObject([{ path }]);
  });

  it('names the limit of pages, in both forms, and serves the last page', async () => {
    for (const asked of [
      post(service, { query: 'a', offset: 950, limit: 51 }),
      service.inject({ url: '/v1/search?q=a&offset=950&limit=51' }),
    ]) {
      expect((await asked).json()).toMatchObject({
        status: 400,
        code: 'invalid-request',
        detail: expect.stringMatching(/^offset \+ limit: expected at most 1000 together, received 1001\./),
      });
    }
    expect((await post(service, { query: 'a', offset: 950, limit: 50 })).statusCode).toBe(200);
  });

  const raw = (payload: string, contentType = 'application/json') =>
    service.inject({ method: 'POST', url: '/v1/search', payload, headers: { 'content-type': contentType } });

  it.each([
    ['malformed JSON', '{"query":', 400, 'malformed-json'],
    ['no body', '', 400, 'malformed-json'],
    ['a poisoned prototype', '{"query":"a","__proto__":{"debug":true}}', 400, 'malformed-json'],
    ['JSON that is no object', '"piano"', 400, 'invalid-request'],
    ['over 1 MiB', JSON.stringify({ query: 'x'.repeat(1_048_577) }), 413, 'body-too-large'],
  ])('%s', async (_what, payload, status, code) => {
    const reply = await raw(payload);
    expect([reply.statusCode, reply.json().code]).toEqual([status, code]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'nonsense'])('a body of %s', async (type) => {
    const reply = await raw('query=piano', type);
    expect([reply.statusCode, reply.json().code]).toEqual([415, 'unsupported-media-type']);
  });

  it('an unknown route, and one that takes another method', async () => {
    expect((await service.inject('/v2/search')).json()).toMatchObject({ status: 404, code: 'not-found' });
    const reply = await service.inject({ method: 'DELETE', url: '/v1/search' });
    expect([reply.statusCode, reply.headers.allow, reply.json().code]).toEqual([
      405,
      'GET, POST',
      'method-not-allowed',
    ]);
  });

  it('a media type that cannot be produced', async () => {
    const reply = await post(service, { query: 'a' }, { accept: 'image/png' });
    expect([reply.statusCode, reply.json().code]).toEqual([406, 'not-acceptable']);
  });
});

describe('problem details', () => {
  it('follow RFC 9457', async () => {
    const reply = await post(service, { query: 'x'.repeat(3_000) }, { 'x-request-id': 'abc-1' });
    expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(reply.json()).toEqual({
      type: 'urn:candor:problem:query-too-long',
      title: 'The query is too long.',
      status: 400,
      code: 'query-too-long',
      detail: 'query: expected at most 2000 characters, received 3000.',
      requestId: 'abc-1',
    });
  });

  it('show nothing of the inside', async () => {
    const secret = new ServiceError('retrieval-unavailable', {
      message: 'connect ECONNREFUSED 10.0.0.7:9200',
      cause: new Error('password'),
    });
    const failing = [secret, new Error('TypeError at /srv/index.js:12')];
    for (const error of failing) {
      const broken = await buildService({ parts: { passages: { retrieve: async () => Promise.reject(error) } } });
      const reply = await post(broken, { query: 'piano' });
      expect(reply.body).not.toMatch(/ECONN|10\.0|password|srv|stack|TypeError/);
      expect(reply.json()).not.toHaveProperty('detail');
      expect([reply.statusCode, reply.json().code]).toEqual(
        error === secret ? [503, 'retrieval-unavailable'] : [500, 'internal'],
      );
      expect(reply.headers['retry-after']).toBe(error === secret ? '1' : undefined);
    }
  });

  it('take no strange request id over', async () => {
    const reply = await post(service, { query: '' }, { 'x-request-id': 'a b\u00e9' });
    expect(reply.json().requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});
