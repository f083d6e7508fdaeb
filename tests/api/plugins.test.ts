import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cristofori, fakeGenerator, fakeParts, passage, scored } from '../pipeline/fakes.js';
import { buildService, post } from './service.js';

const KEYS = JSON.stringify([
  { key: 'search-key-0123456', tenant: 'acme', groups: ['staff'] },
  { key: 'admin-key-01234567', scopes: ['search', 'debug', 'admin'] },
]);

describe('health', () => {
  it('is alive, and ready when every required component is', async () => {
    const service = await buildService();
    expect((await service.inject('/healthz')).json()).toEqual({ status: 'ok' });
    const ready = await service.inject('/readyz');
    expect([ready.statusCode, ready.json().status]).toEqual([200, 'ready']);
  });

  it.each([
    [{ name: 'generator', ready: false, required: false, code: 'model-missing' }, 200, 'degraded'],
    [{ name: 'embedder', ready: false, required: true, code: 'model-corrupt' }, 503, 'unavailable'],
  ])('says what is missing: %o', async (component, statusCode, status) => {
    const service = await buildService({ parts: { status: async () => [component] } });
    const reply = await service.inject('/readyz');
    expect(reply.statusCode).toBe(statusCode);
    expect(reply.json()).toEqual({ status, components: [component] });
  });
});

describe('keys', () => {
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  it('are not asked for when there are none', async () => {
    expect((await post(await buildService(), { query: 'piano', debug: true })).statusCode).toBe(200);
  });

  it('open the routes whose scope they have', async () => {
    const service = await buildService({ env: { CANDOR_API_KEYS: KEYS } });
    const status = async (headers: Record<string, string>, body: object = { query: 'a' }) =>
      (await post(service, body, headers)).statusCode;
    expect(await status({})).toBe(401);
    expect(await status(bearer('wrong-key'))).toBe(401);
    expect(await status(bearer('search-key-0123456'))).toBe(200);
    expect(await status({ 'x-api-key': 'search-key-0123456' })).toBe(200);
    expect(await status(bearer('search-key-0123456'), { query: 'a', debug: true })).toBe(403);
    expect(await status(bearer('admin-key-01234567'), { query: 'a', debug: true })).toBe(200);
    expect((await service.inject({ url: '/metrics', headers: bearer('search-key-0123456') })).statusCode).toBe(403);
    expect((await service.inject({ url: '/metrics', headers: bearer('admin-key-01234567') })).statusCode).toBe(200);
    expect((await service.inject('/healthz')).statusCode).toBe(200);
    const refused = await post(service, { query: 'a' });
    expect([refused.headers['www-authenticate'], refused.json().code]).toEqual(['Bearer', 'unauthorized']);
  });

  it('say who asks', async () => {
    let access: unknown;
    const retrieve = async (query: { access: unknown }) => {
      access = query.access;
      return { passages: scored([passage('p', 'Text.')]), degraded: [] };
    };
    const service = await buildService({ env: { CANDOR_API_KEYS: KEYS }, parts: { passages: { retrieve } } });
    await post(service, { query: 'a' }, bearer('search-key-0123456'));
    expect(access).toEqual({ tenant: 'acme', groups: ['staff'] });
  });
});

describe('limits', () => {
  it('of requests per minute', async () => {
    const service = await buildService({ env: { CANDOR_RATE_LIMIT_PER_MINUTE: '2' } });
    const replies = [];
    for (let number = 0; number < 3; number++) replies.push(await post(service, { query: 'a' }));
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
    expect(replies[2]?.json()).toMatchObject({ code: 'rate-limited', status: 429 });
    expect(replies[2]?.headers).toMatchObject({ 'retry-after': expect.any(String), 'ratelimit-remaining': '0' });
    expect((await service.inject('/healthz')).statusCode).toBe(200);
  });

  it('of requests at once, which free their place when done', async () => {
    const generator = fakeGenerator([cristofori], 200);
    const parts = { answering: { ...fakeParts().answering!, generator } };
    const service = await buildService({ env: { CANDOR_MAX_IN_FLIGHT: '1' }, parts });
    const [first, second] = await Promise.all([post(service, { query: 'a' }), post(service, { query: 'b' })]);
    expect([first.statusCode, second.statusCode].sort()).toEqual([200, 503]);
    const refused = first.statusCode === 503 ? first : second;
    expect([refused.json().code, refused.headers['retry-after']]).toEqual(['overloaded', '1']);
    expect((await post(service, { query: 'c' })).statusCode).toBe(200);
  });
});

describe('metrics', () => {
  it('count requests, stages, answers and what was missing', async () => {
    const service = await buildService({ parts: { answering: null } });
    await post(service, { query: 'piano' });
    await post(service, { query: 'piano' }, { accept: 'text/event-stream' });
    await service.inject('/no/such/page');
    const { body } = await service.inject('/metrics');
    expect(body).toMatch(/candor_answers_total\{reason="generator-unavailable"\} 2/);
    expect(body).toMatch(/candor_stage_duration_seconds_count\{stage="hits"\} 2/);
    expect(body).toMatch(
      /candor_http_request_duration_seconds_count\{method="POST",route="\/v1\/search",status="200"\} 2/,
    );
    expect(body).toMatch(/route="unknown",status="404"\} 1/);
    expect(body).toMatch(/nodejs_eventloop_lag_seconds/);
  });
});

describe('headers', () => {
  it('let pages load from the service only', async () => {
    const { headers } = await (await buildService()).inject('/healthz');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toMatch(/unsafe|upgrade-insecure/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' });
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('let pages of named origins call the API', async () => {
    const service = await buildService({ env: { CANDOR_CORS_ORIGINS: 'https://a.example' } });
    const preflight = (origin: string) =>
      service.inject({
        method: 'OPTIONS',
        url: '/v1/search',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = await preflight('https://a.example');
    expect([allowed.statusCode, allowed.headers['access-control-allow-origin']]).toEqual([204, 'https://a.example']);
    expect((await preflight('https://b.example')).headers).not.toHaveProperty('access-control-allow-origin');
    const reply = await post(service, { query: 'a' }, { origin: 'https://a.example' });
    expect(reply.headers['access-control-allow-origin']).toBe('https://a.example');
  });
});

describe('pages', () => {
  it('come from the built folder, without shadowing the API', async () => {
    const pageDir = mkdtempSync(join(tmpdir(), 'candor-page-'));
    mkdirSync(join(pageDir, 'assets'));
    writeFileSync(join(pageDir, 'index.html'), '<!doctype html><title>Candor</title>');
    writeFileSync(join(pageDir, 'assets/app-1a2b.js'), 'start()');
    mkdirSync(join(pageDir, 'admin'));
    writeFileSync(join(pageDir, 'admin/index.html'), 'administration');
    const service = await buildService({ pageDir });
    const page = await service.inject('/');
    expect([page.statusCode, page.headers['cache-control']]).toEqual([200, 'no-cache']);
    expect(page.headers['content-type']).toMatch(/text\/html/);
    const script = await service.inject('/assets/app-1a2b.js');
    expect([script.statusCode, script.headers['cache-control']]).toEqual([200, expect.stringContaining('immutable')]);
    const [bare, admin] = [await service.inject('/admin'), await service.inject('/admin/')];
    expect([bare.statusCode, bare.headers.location]).toEqual([301, 'admin/']);
    expect([admin.statusCode, admin.body, admin.headers['cache-control']]).toEqual([200, 'administration', 'no-cache']);
    expect((await service.inject('/nothing.js')).json().code).toBe('not-found');
    expect((await service.inject('/../package.json')).statusCode).not.toBe(200);
  });

  it('are absent when they were not built', async () => {
    expect((await (await buildService()).inject('/')).statusCode).toBe(404);
  });
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1, made from the schemas', async () => {
    const service = await buildService({ env: { CANDOR_API_KEYS: KEYS } });
    const document = (await service.inject('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/admin/answers',
      '/v1/admin/confidence',
      '/v1/admin/confidence/reset',
      '/v1/admin/overrides',
      '/v1/admin/overrides/audit',
      '/v1/admin/overrides/{id}',
      '/v1/documents',
      '/v1/documents/{id}',
      '/v1/feedback',
      '/v1/rerank',
      '/v1/search',
    ]);
    const { post: operation } = document.paths['/v1/search'];
    expect(Object.keys(operation.responses['200'].content)).toEqual(['application/json', 'text/event-stream']);
    expect(Object.keys(operation.responses)).toContain('429');
    expect(JSON.stringify(document)).toContain('generator-unavailable');
    expect(document.components.schemas.SearchRequestInput ?? document.components.schemas.SearchRequest).toMatchObject({
      additionalProperties: false,
      required: ['query'],
    });
    expect(document.security).toEqual([{ apiKey: [] }]);
  });

  it('can be read at /docs, by a page that its policy lets load', async () => {
    const service = await buildService();
    const page = await service.inject('/docs');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, expect.stringMatching(/text\/html/)]);
    expect(page.headers['content-security-policy']).toContain("style-src 'self' 'unsafe-inline'");
    expect(page.body).not.toMatch(/<script(?![^>]*src=)[^>]*>[^<]/);
  });
});
