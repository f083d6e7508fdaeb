import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { EmbeddedIndex } from '../../src/retrieval/drivers/embedded.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';
import { buildService, indexParts, post } from './service.js';

const root = await mkdtemp(join(tmpdir(), 'candor-documents-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let count = 0;

const KEYS = JSON.stringify([
  { key: 'staff-write-012345', groups: ['staff'], scopes: ['search', 'write'] },
  { key: 'guest-search-01234', groups: ['guests'] },
  { key: 'admin-write-012345', scopes: ['search', 'write', 'admin'] },
]);
const staff = { authorization: 'Bearer staff-write-012345' };
const guest = { authorization: 'Bearer guest-search-01234' };

describe('/v1/documents', () => {
  let service: FastifyInstance;

  beforeEach(async () => {
    const embedder = new WordEmbedder();
    const index = new EmbeddedIndex({ dir: join(root, `index-${count++}`), embedder });
    const retrievers = [index.lexicalRetriever(), index.denseRetriever()];
    const parts = indexParts({ indexer: index, retrievers, documents: index }, embedder);
    service = await buildService({ env: { CANDOR_API_KEYS: KEYS }, parts, hitsTimeoutMs: 30_000 });
  });

  const ask = (method: 'GET' | 'PUT' | 'DELETE', id: string, payload?: object, headers: object = {}) =>
    service.inject({
      method,
      url: `/v1/documents/${encodeURIComponent(id)}`,
      headers: { ...staff, ...headers },
      ...(payload && { payload }),
    });
  const titles = async (query: string, headers = staff) =>
    (await post(service, { query, answer: { mode: 'off' } }, headers))
      .json()
      .results.map(({ title }: { title: string }) => title);

  it('stores a document, gives it back, replaces and removes it', async () => {
    const id = 'hand book/päge?#1';
    const record = { title: 'Piano', text: 'The piano has keys.', acl: [], metadata: { section: 'a', tags: ['x'] } };
    const created = await ask('PUT', id, record);
    expect(created.statusCode).toBe(201);
    expect(created.json()).toEqual({ id, outcome: 'created', version: expect.any(String), passages: 1 });
    const { version } = created.json();
    expect(created.headers.etag).toBe(`"${version}"`);
    expect(await titles('piano')).toEqual(['Piano']);

    const read = await ask('GET', id, undefined, guest);
    expect(read.json()).toEqual({ id, tenant: 'default', url: '', ...record, version });
    expect(read.headers.etag).toBe(`"${version}"`);
    expect((await ask('GET', id, undefined, { 'if-none-match': `"${version}"` })).statusCode).toBe(304);

    const same = await ask('PUT', id, record);
    expect([same.statusCode, same.json().outcome, same.json().version]).toEqual([200, 'unchanged', version]);
    const replaced = await ask('PUT', id, { ...record, title: 'Trumpet', text: 'The trumpet is brass.' });
    expect([replaced.statusCode, replaced.json().outcome]).toEqual([200, 'replaced']);
    expect(await titles('trumpet')).toEqual(['Trumpet']);

    expect((await ask('DELETE', id)).json()).toEqual({ id, outcome: 'deleted' });
    expect((await ask('DELETE', id)).json()).toEqual({ id, outcome: 'absent' });
    expect(await titles('trumpet')).toEqual([]);
    const gone = await ask('GET', id);
    expect([gone.statusCode, gone.json().code]).toEqual([404, 'not-found']);
  });

  it('obeys If-Match and If-None-Match', async () => {
    const write = async (text: string, headers: object) => {
      const reply = await ask('PUT', 'a', { text }, headers);
      return { status: reply.statusCode, code: reply.json().code, etag: String(reply.headers.etag) };
    };
    expect(await write('One.', { 'if-match': '*' })).toMatchObject({ status: 412, code: 'version-conflict' });
    const { etag } = await write('One.', { 'if-none-match': '*' });
    expect(await write('Two.', { 'if-none-match': '*' })).toMatchObject({ status: 412, code: 'version-conflict' });
    expect(await write('Two.', { 'if-match': `"other", ${etag}` })).toMatchObject({ status: 200 });
    expect(await write('Three.', { 'if-match': etag })).toMatchObject({ status: 412 });
    expect(await write('Three.', { 'if-match': `W/${etag}` })).toMatchObject({ status: 412 });
    expect(await write('Three.', { 'if-match': 'bare' })).toMatchObject({ status: 400, code: 'invalid-request' });
    expect(await write('Three.', { 'if-none-match': etag })).toMatchObject({ status: 400 });
    expect((await ask('DELETE', 'a', undefined, { 'if-match': etag })).statusCode).toBe(412);
    expect((await ask('GET', 'a')).json().text).toBe('Two.');
  });

  it('does several operations, each on its own', async () => {
    const operations = [
      { type: 'put', id: 'a', text: 'The piano has keys.', title: 'Piano' },
      { type: 'put', id: 'b', text: ' ' },
      { type: 'put', id: 'c', text: 'Text.', acl: ['board'] },
      { type: 'delete', id: 'd', ifVersion: '*' },
      { type: 'delete', id: 'd' },
      { type: 'put', id: 'a', text: 'Again.', ifAbsent: true },
    ];
    const send = (payload: object) => service.inject({ method: 'POST', url: '/v1/documents', headers: staff, payload });
    const reply = await send({ operations });
    expect(reply.statusCode).toBe(200);
    expect(reply.json().results).toEqual([
      { id: 'a', outcome: 'created', version: expect.any(String), passages: 1 },
      { id: 'b', outcome: 'refused', code: 'invalid-request', detail: 'text: expected some text, found none' },
      { id: 'c', outcome: 'refused', code: 'forbidden', detail: expect.stringContaining('board') },
      { id: 'd', outcome: 'refused', code: 'version-conflict', detail: 'd: expected present, found none.' },
      { id: 'd', outcome: 'absent' },
      { id: 'a', outcome: 'refused', code: 'version-conflict', detail: expect.stringContaining('expected absent') },
    ]);
    expect(await titles('piano')).toEqual(['Piano']);
    expect((await send({ operations: [] })).statusCode).toBe(400);
    expect((await send({ operations: [{ type: 'put', id: 'x', text: 'A', alc: [] }] })).statusCode).toBe(400);
    expect((await send({ operations: [{ ...operations[5], ifVersion: 'v' }] })).statusCode).toBe(400);
  });

  it('is for keys with the scope write, and never for callers without a key', async () => {
    expect((await ask('PUT', 'a', { text: 'A.' }, guest)).json().code).toBe('forbidden');
    expect((await ask('DELETE', 'a', undefined, guest)).statusCode).toBe(403);
    expect((await ask('PUT', 'a', { text: 'A.' }, { authorization: '' })).statusCode).toBe(401);
    const open = await buildService();
    const reply = await open.inject({ method: 'PUT', url: '/v1/documents/a', payload: { text: 'A.' } });
    expect([reply.statusCode, reply.json().detail]).toEqual([403, expect.stringContaining('CANDOR_API_KEYS')]);
  });

  it('refuses a field that it does not know, and what is no text', async () => {
    expect((await ask('PUT', 'a', { text: 'A.', id: 'b' })).statusCode).toBe(400);
    expect((await ask('PUT', 'a', {})).json()).toMatchObject({ code: 'invalid-request', errors: [{ path: 'text' }] });
    expect((await ask('PUT', 'a', { text: 'A.', date: 'soon' })).json().detail).toMatch(/ISO 8601/);
    expect((await ask('PUT', 'a\u0000', { text: 'A.' })).statusCode).toBe(400);
  });

  it('a store that fails is 503, and nothing of the inside is said', async () => {
    const write = () => Promise.reject(new ServiceError('retrieval-unavailable', { message: 'secret host' }));
    const broken = await buildService({
      env: { CANDOR_API_KEYS: KEYS },
      parts: { writer: { get: async () => null, write } },
    });
    const reply = await broken.inject({
      method: 'PUT',
      url: '/v1/documents/a',
      headers: staff,
      payload: { text: 'A.' },
    });
    expect(reply.statusCode).toBe(503);
    expect(reply.body).not.toContain('secret host');
  });
});
