import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileOverrides } from '../../src/safety/drivers/file-overrides.js';
import { createRuleGuard } from '../../src/safety/drivers/rule-guard.js';
import { withOverrides } from '../../src/safety/overrides.js';
import { buildService, post } from './service.js';

const dir = mkdtempSync(join(tmpdir(), 'candor-admin-'));
afterAll(() => rmSync(dir, { recursive: true }));

const KEYS = JSON.stringify([
  { key: 'admin-of-default-01', scopes: ['search', 'admin'] },
  { key: 'admin-of-other-0001', tenant: 'other', scopes: ['search', 'admin'] },
  { key: 'only-search-000001', scopes: ['search'] },
]);
const as = (key: string) => ({ 'x-api-key': key });
const admin = as('admin-of-default-01');

let count = 0;
async function service(env: NodeJS.ProcessEnv = { CANDOR_API_KEYS: KEYS }) {
  count += 1;
  const overrides = new FileOverrides(join(dir, `${count}.jsonl`));
  const app = await buildService({ env, parts: { overrides, guard: withOverrides(createRuleGuard(), overrides) } });
  const url = '/v1/admin/overrides';
  return {
    app,
    list: (headers = admin) => app.inject({ url, headers }),
    add: (payload: object, headers = admin) => app.inject({ method: 'POST', url, payload, headers }),
    remove: (id: string, headers: Record<string, string> = admin) =>
      app.inject({ method: 'DELETE', url: `${url}/${id}`, headers }),
    audit: (headers = admin) => app.inject({ url: `${url}/audit`, headers }),
    search: async (query: string, headers = admin) => (await post(app, { query }, headers)).json(),
  };
}

const block = { match: 'phrase', value: 'the piano', action: 'block', reason: 'ticket 17' };

describe('/v1/admin/overrides', () => {
  it('blocks from the next query on, until it is removed, and logs both', async () => {
    const { list, add, remove, audit, search } = await service();
    const query = 'Who invented the piano?';
    expect((await search(query)).answerStatus).toMatchObject({ reason: 'shown' });
    const added = await add(block);
    expect(added.statusCode).toBe(201);
    const { id, createdBy } = added.json();
    expect(createdBy).toMatch(/^[0-9a-f]{16}$/);
    const blocked = await search(query);
    expect(blocked).toMatchObject({
      answerStatus: { shown: false, reason: 'unsafe-query' },
      safety: { queryCategory: 'blocked', overrideId: id },
    });
    expect(blocked.results).toHaveLength(3);
    expect((await list()).json()).toEqual({ overrides: [added.json()] });
    expect((await remove(id, { ...admin, 'content-type': 'application/json' })).json()).toEqual(added.json());
    expect((await search(query)).answerStatus).toMatchObject({ reason: 'shown' });
    const { entries } = (await audit()).json();
    expect(entries.map(({ action, by }: { action: string; by: string }) => [action, by])).toEqual([
      ['remove', createdBy],
      ['add', createdBy],
    ]);
  });

  it('allows what a guard would stop', async () => {
    const { add, search } = await service();
    const query = 'how to make a bomb';
    expect((await search(query)).answerStatus).toMatchObject({ reason: 'unsafe-query' });
    await add({ match: 'query', value: query, action: 'allow' });
    expect((await search(query)).answerStatus).toMatchObject({ reason: 'shown' });
  });

  it('keeps tenants apart', async () => {
    const { list, add, remove, audit, search } = await service();
    const other = as('admin-of-other-0001');
    const { id } = (await add(block)).json();
    expect((await list(other)).json()).toEqual({ overrides: [] });
    expect((await audit(other)).json()).toEqual({ entries: [] });
    expect((await remove(id, other)).statusCode).toBe(404);
    expect((await search('Who invented the piano?', other)).answerStatus.reason).toBe('shown');
  });

  it('needs the scope admin', async () => {
    const { list, add, remove, audit } = await service();
    const headers = as('only-search-000001');
    const replies = await Promise.all([list(headers), add(block, headers), remove('x', headers), audit(headers)]);
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 403]);
    expect((await list({ 'x-api-key': 'wrong' })).statusCode).toBe(401);
    expect((await list()).json()).toEqual({ overrides: [] });
  });

  it.each([
    [{ ...block, value: '' }],
    [{ ...block, value: '?!' }],
    [{ ...block, value: 'x'.repeat(501) }],
    [{ ...block, action: 'delete' }],
    [{ ...block, match: 'regex' }],
    [{ ...block, tenant: 'other' }],
    [{}],
  ])('refuses %j', async (payload) => {
    const { add } = await service();
    const reply = await add(payload);
    expect([reply.statusCode, reply.json().code]).toEqual([400, 'invalid-request']);
  });

  it('says what is not there', async () => {
    const { remove } = await service();
    expect((await remove('nothing')).json()).toMatchObject({
      code: 'not-found',
      detail: expect.stringContaining('nothing'),
    });
  });

  it('counts what guards do', async () => {
    const { app, search } = await service({});
    await search('how to make a bomb');
    const { body } = await app.inject({ url: '/metrics' });
    expect(body).toContain('candor_guard_actions_total{guard="query",kind="weapons"} 1');
  });
});
