import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FileOverrides } from '../../src/safety/drivers/file-overrides.js';
import type { OverrideRule } from '../../src/safety/overrides.js';

const dir = mkdtempSync(join(tmpdir(), 'candor-overrides-'));
afterAll(() => rmSync(dir, { recursive: true }));

let path = '';
let count = 0;
beforeEach(() => {
  count += 1;
  path = join(dir, String(count), 'overrides.jsonl');
});

const alice = { tenant: 'default', by: 'alice' };
const bob = { tenant: 'other', by: 'bob' };
const block: OverrideRule = { match: 'phrase', value: 'crown jewels', action: 'block', reason: 'ticket 17' };

describe('FileOverrides', () => {
  it('has no rules without a file', async () => {
    const store = new FileOverrides(path);
    expect(await store.list('default')).toEqual([]);
    expect(await store.audit('default', 10)).toEqual([]);
    expect(await store.remove('x', alice)).toBeNull();
  });

  it('keeps a rule, says who added it, and shows it to its tenant alone', async () => {
    const store = new FileOverrides(path);
    const added = await store.add(block, alice);
    expect(added).toMatchObject({ ...block, tenant: 'default', createdBy: 'alice' });
    expect(await store.list('default')).toEqual([added]);
    expect(await new FileOverrides(path).list('default')).toEqual([added]);
    expect(await store.list('other')).toEqual([]);
    expect(await store.remove(added.id, bob)).toBeNull();
    expect(await store.audit('other', 10)).toEqual([]);
  });

  it('removes a rule and keeps its history, newest first', async () => {
    const store = new FileOverrides(path);
    const added = await store.add(block, alice);
    expect(await store.remove(added.id, { ...alice, by: 'carol' })).toEqual(added);
    expect(await store.list('default')).toEqual([]);
    const audit = await store.audit('default', 10);
    expect(audit.map(({ action, by, override }) => [action, by, override.id])).toEqual([
      ['remove', 'carol', added.id],
      ['add', 'alice', added.id],
    ]);
    expect(await store.audit('default', 1)).toEqual(audit.slice(0, 1));
  });

  it('replaces a rule about the same words, whatever their case and marks', async () => {
    const store = new FileOverrides(path);
    await store.add(block, alice);
    const allow = await store.add({ ...block, value: 'Crown  JEWELS!', action: 'allow' }, alice);
    expect(await store.list('default')).toEqual([allow]);
    expect((await store.audit('default', 10)).map(({ action }) => action)).toEqual(['add', 'remove', 'add']);
  });

  it('sees at once what another process has written', async () => {
    const [one, other] = [new FileOverrides(path), new FileOverrides(path)];
    expect(await one.list('default')).toEqual([]);
    const added = await other.add(block, alice);
    expect(await one.list('default')).toEqual([added]);
    await one.remove(added.id, alice);
    expect(await other.list('default')).toEqual([]);
  });

  it('does what is asked at the same time one after the other', async () => {
    const store = new FileOverrides(path);
    const values = Array.from({ length: 20 }, (_, index) => `word${index}`);
    await Promise.all(values.map((value) => store.add({ ...block, value }, alice)));
    expect((await store.list('default')).map(({ value }) => value)).toEqual(values);
    await Promise.all(values.map(() => store.add(block, alice)));
    expect((await store.list('default')).filter(({ value }) => value === block.value)).toHaveLength(1);
  });

  it.each(['', '  ', '?!'])('refuses the phrase %j', async (value) => {
    await expect(new FileOverrides(path).add({ ...block, value }, alice)).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('passes over a line that was cut off, and writes behind what is whole', async () => {
    const store = new FileOverrides(path);
    const first = await store.add(block, alice);
    appendFileSync(path, '{"at":"2026-01-01T0');
    expect(await store.list('default')).toEqual([first]);
    const second = await store.add({ ...block, value: 'sceptre' }, alice);
    expect(await new FileOverrides(path).list('default')).toEqual([first, second]);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  it('names a line that it does not understand instead of forgetting a rule', async () => {
    const store = new FileOverrides(path);
    await store.add(block, alice);
    writeFileSync(path, `nonsense\n${readFileSync(path, 'utf8')}`);
    await expect(store.list('default')).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining(`${path}:1`),
    });
  });

  it('can be read by its owner only', async () => {
    await new FileOverrides(path).add(block, alice);
    expect(statSync(path).mode & 0o077).toBe(0);
  });
});
