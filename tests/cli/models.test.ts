import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../../src/cli/program.js';

const tiny = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));
let dir: string;
let lines: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'candor-models-'));
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

const verify = (...names: string[]) =>
  createProgram().parseAsync(['models', 'verify', ...names, '--models', dir], { from: 'user' });

describe('candor models verify', () => {
  it('reads every byte', async () => {
    cpSync(tiny, join(dir, 'policy'), { recursive: true });
    await verify('policy');
    expect(lines).toEqual([expect.stringMatching(/^ok {3}policy: .+@.+, \d+ files, \d+\.\d MiB$/)]);
  });

  it('says what is missing and what is broken', async () => {
    cpSync(tiny, join(dir, 'policy'), { recursive: true });
    writeFileSync(join(dir, 'policy', 'model.onnx'), 'something else');
    await expect(verify('policy', 'reward')).rejects.toMatchObject({
      message: '2 of 2 models are not as they should be.',
    });
    expect(lines[0]).toMatch(/^FAIL policy: .*model\.onnx: expected \d+ bytes, found 14/);
    expect(lines[1]).toMatch(/^FAIL reward: .*manifest\.json: expected/);
  });

  it('looks at what is needed and at whatever else is there', async () => {
    cpSync(tiny, join(dir, 'extra'), { recursive: true });
    await expect(verify()).rejects.toThrow();
    const names = lines.map((line) => line.replace(/^(?:ok|FAIL) +([^:]+):.*/, '$1'));
    expect(names).toEqual(expect.arrayContaining(['embedder', 'extra', 'policy', 'reranker', 'reward']));
  });
});
