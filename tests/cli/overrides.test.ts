import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../../src/cli/program.js';

let dir: string;
let lines: string[];

// The first verb loads it, with all models' drivers.
beforeAll(() => import('../../src/pipeline/create-pipeline.js'), 120_000);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'candor-overrides-'));
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

const run = (...args: string[]) =>
  createProgram().parseAsync(['overrides', ...args, '--file', join(dir, 'overrides.jsonl')], { from: 'user' });

describe('candor overrides', () => {
  it('adds, lists, removes and logs', async () => {
    await run('list');
    await run('block', 'phrase', 'crown jewels', '--reason', 'ticket 17');
    await run('list');
    expect(lines).toEqual(['No rules.', lines[1], lines[1]]);
    expect(lines[1]).toMatch(/^[0-9a-f-]{36} block phrase "crown jewels" \(ticket 17\)$/);
    const id = lines[1]?.split(' ')[0] as string;
    await run('remove', id);
    expect(lines[3]).toBe(`removed ${lines[1]}`);
    await run('log');
    expect(lines[4]?.split('\n').map((line) => line.replace(/^\S+ /, ''))).toEqual([
      `command line or open service remove ${lines[1]}`,
      `command line or open service add ${lines[1]}`,
    ]);
  });

  it('keeps tenants apart', async () => {
    await run('allow', 'query', 'how to kill a process', '--tenant', 'other');
    await run('list');
    expect(lines[1]).toBe('No rules.');
  });

  it('refuses what it does not know', async () => {
    await expect(run('block', 'regex', '.*')).rejects.toMatchObject({ code: 'invalid-request' });
    await expect(run('remove', 'nothing')).rejects.toMatchObject({ code: 'not-found' });
  });
});
