import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { evaluateLogs } from '../../src/cli/eval-logs.js';

let dir: string;
let printed = '';
const at = (name: string) => join(dir, name);
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-logs-'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});
beforeEach(() => {
  printed = '';
});
afterAll(() => {
  vi.restoreAllMocks();
  return rm(dir, { recursive: true, force: true });
});

async function evaluate(lines: readonly unknown[], more = {}) {
  await writeFile(at('log.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  await evaluateLogs({ log: at('log.jsonl'), examination: 'power:1', depth: 10, json: at('out.json'), ...more });
  return JSON.parse(await readFile(at('out.json'), 'utf8'));
}

describe('candor eval logs', () => {
  it('decisions: every policy that the lines name', async () => {
    const report = await evaluate([
      { reward: 1, propensity: 0.5, target: { new: 1, old: 0.5 } },
      { reward: 0, propensity: 0.5, target: { new: 0, old: 0.5 } },
    ]);
    expect(report.policies).toMatchObject({
      new: { ips: { value: 1 }, snips: { value: 1 }, dr: null, effectiveRounds: 1 },
      old: { ips: { value: 0.5 }, effectiveRounds: 2 },
    });
    expect(printed).toMatch(/^new: mean reward, from 2 logged decisions$/m);
    expect(printed).toMatch(/^ {2}IPS +1\.0000 {3}95 % /m);
  });

  it('pages: the runs, by the query of each page', async () => {
    await writeFile(at('new.run'), 'q1 Q0 b 1 2 t\nq1 Q0 a 2 1 t\n');
    const page = { query: 'q1', shown: ['a', 'b'], clicked: [1] };
    const report = await evaluate([page, { ...page, clicked: ['b', 'nowhere', 7] }, { ...page, query: 'q2' }], {
      runs: [at('new.run')],
    });
    // b rises from rank 2 to 1: each click counts twice; q2 has no ranking.
    expect(report.runs.new).toMatchObject({ ips: { value: 4 / 3 }, coverage: 1, queriesWithoutRanking: 1 });
    expect(printed).toContain('no ranking for 1 queries');
  });

  it('interleaved pages of both kinds', async () => {
    const report = await evaluate([
      { interleaving: 'team-draft', shown: ['x', 'y'], teams: ['a', 'b'], clicked: ['y'] },
      { interleaving: 'balanced', shown: ['x', 'y'], a: ['x'], b: ['y'], clicked: [1] },
    ]);
    expect(report.result).toMatchObject({ pages: 2, bWins: 2, delta: { value: 0.5 }, signTestP: 0.5 });
    expect(printed).toContain('b is better');
  });

  it.each([
    [
      'two kinds',
      [
        { reward: 1, propensity: 1, target: 1 },
        { query: 'q', shown: ['a'], clicked: [] },
      ],
      {},
      /of one kind/,
    ],
    ['no kind', [{ click: 1 }], {}, /log.jsonl:1: .*expected "propensity", "shown" or "interleaving"/],
    ['a propensity of 0', [{ reward: 1, propensity: 0, target: 1 }], {}, /log.jsonl:1:[\s\S]*propensity/],
    [
      'a policy that is missing',
      [
        { reward: 1, propensity: 1, target: { a: 1 } },
        { reward: 1, propensity: 1, target: { b: 1 } },
      ],
      {},
      /decision 2 has no target of a/,
    ],
    ['pages without runs', [{ query: 'q', shown: ['a'], clicked: [] }], {}, /need --runs/],
    ['runs without pages', [{ reward: 1, propensity: 1, target: 1 }], { runs: ['x.run'] }, /--runs is for pages/],
    [
      'a wrong examination',
      [{ query: 'q', shown: ['a'], clicked: [] }],
      { runs: ['x.run'], examination: '1,0' },
      /power:ETA/,
    ],
    ['nothing', [], {}, /there is no line/],
  ])('%s: says so', async (_, lines, more, message) => {
    await expect(evaluate(lines, more)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });
});
