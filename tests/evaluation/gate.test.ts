import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGates, readGate } from '../../src/evaluation/gate.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-gate-'));
  await writeFile(join(dir, 'baseline.json'), JSON.stringify({ metrics: { f1: estimate(0.7), ece: estimate(null) } }));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const estimate = (value: number | null, low = value, high = value) => ({ value, low, high });
const report = {
  questions: 3,
  metrics: { f1: estimate(0.68, 0.6, 0.75), ece: estimate(0.05, 0.02, 0.09), precisionShown: estimate(null) },
  latencyMs: { total: { p50: 800, p95: 2100 } },
  slices: { kind: { 'passage.removed': { questions: 1, metrics: { f1: estimate(0.5) } } } },
};

async function verdicts(yaml: string) {
  await writeFile(join(dir, 'gate.yaml'), yaml);
  return checkGates(await readGate(join(dir, 'gate.yaml')), report);
}
const gate = (...lines: string[]) => `gates:\n${lines.map((line) => `  - {${line}}`).join('\n')}\n`;

describe('gates', () => {
  it.each([
    ['figure: f1, min: 0.68', true],
    ['figure: f1, min: 0.681', false],
    ['figure: f1, min: 0.65, bound: low', false],
    ['figure: ece, max: 0.05', true],
    ['figure: ece, max: 0.08, bound: high', false],
    ['figure: metrics.f1, min: 0.5', true],
    ['figure: latencyMs.total.p95, max: 3000', true],
    ['figure: latencyMs.total.p95, max: 2000', false],
    ['figure: slices.kind.passage.removed.f1, min: 0.5', true],
    ['figure: slices.kind.passage.removed.f1, min: 0.6', false],
  ])('%s: %s', async (line, passed) => {
    expect((await verdicts(gate(line))).map((verdict) => verdict.passed)).toEqual([passed]);
  });

  it('compares with a baseline', async () => {
    const yaml = `baseline: baseline.json\n${gate('figure: f1, maxDrop: 0.02', 'figure: f1, maxDrop: 0.01', 'figure: ece, maxRise: 1')}`;
    expect(await verdicts(yaml)).toEqual([
      { passed: true, message: 'f1: expected at most 0.02 below 0.7, found 0.68' },
      { passed: false, message: 'f1: expected at most 0.01 below 0.7, found 0.68' },
      { passed: false, message: 'ece: the baseline has no value to compare with' },
    ]);
  });

  it('lets nothing pass that has no value', async () => {
    expect(await verdicts(gate('figure: precisionShown, min: 0'))).toEqual([
      { passed: false, message: 'precisionShown: expected at least 0, found no value (nothing defines it)' },
    ]);
  });

  it.each([
    [
      'a figure that is not there',
      gate('figure: f2, min: 1'),
      /gate.yaml: there is no figure f2. Known: questions, f1, /,
    ],
    ['no limit', gate('figure: f1'), /expected min, max, maxDrop or maxRise/],
    ['an unknown field', gate('figure: f1, least: 1'), /least/],
    ['a baseline that is not named', gate('figure: f1, maxDrop: 1'), /need `baseline: FILE`/],
    [
      'a baseline that is not there',
      `baseline: none.json\n${gate('figure: f1, maxDrop: 1')}`,
      /none.json: expected the b/,
    ],
    ['no YAML', 'gates: [', /gate.yaml: expected YAML/],
  ])('%s: says so', async (_, yaml, message) => {
    await expect(verdicts(yaml)).rejects.toMatchObject({
      message: expect.stringMatching(message),
    });
  });
});
