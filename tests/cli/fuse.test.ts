import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FuseOptions, fuseFiles } from '../../src/cli/fuse-runs.js';
import { candor } from './run.js';

describe('candor fuse', { timeout: 60_000 }, () => {
  let dir: string;
  const at = (name: string) => join(dir, name);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-fuse-'));
    await writeFile(at('a.run'), '1 Q0 x 1 2 A\n1 Q0 y 2 1 A\n');
    await writeFile(at('b.run'), '1 Q0 y 1 9 B\n2 Q0 z 1 1 B\n');
    await writeFile(at('qrels.txt'), '1 0 y 1\n2 0 z 1\n');
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('writes the fused run', async () => {
    const { code, stderr } = await candor([
      'fuse',
      '--runs',
      at('a.run'),
      at('b.run'),
      '-o',
      at('f.run'),
      '--k',
      '1',
      '--weights',
      '1',
      '2',
    ]).finished;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${at('f.run')}: 2 topics, --method rrf --k 1 --weights 1 2 (a, b)\n`,
    });
    expect(await readFile(at('f.run'), 'utf8')).toBe(
      `1 Q0 y 1 ${1 / 3 + 2 / 2} rrf\n1 Q0 x 2 ${1 / 2} rrf\n2 Q0 z 1 ${2 / 2} rrf\n`,
    );
  });

  it('tunes', async () => {
    const { code, stdout } = await candor([
      'fuse',
      '--runs',
      at('a.run'),
      at('b.run'),
      '--tune',
      'RR',
      '--qrels',
      at('qrels.txt'),
      '-o',
      at('t.run'),
    ]).finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^RR 1\.0000 on topics held out \(2 folds, \d+ settings tried\)$/m);
  });

  it.each([
    ['one run', { runs: ['a.run'] }, /expected two runs or more/],
    ['too few weights', { weights: [1] }, /expected 2, one for each run, found 1/],
    ['no weight', { weights: [0, 0] }, /expected one above 0/],
    ['nothing to judge by', { tune: 'RR' }, /--tune needs --qrels/],
  ])('%s: says so', async (_, changes: Partial<FuseOptions>, message) => {
    const given: FuseOptions = {
      ...{ runs: ['a.run', 'b.run'], output: at('no.run'), method: 'rrf', k: 60, normalisation: 'min-max' },
      ...{ depth: 1000, folds: 5, seed: 1 },
      ...changes,
    };
    await expect(fuseFiles({ ...given, runs: given.runs.map(at) })).rejects.toThrow(message);
  });
});
