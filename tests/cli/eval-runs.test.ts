import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFiles } from '../../src/cli/eval-runs.js';
import type { RunsJson } from '../../src/evaluation/report/runs-json.js';
import { candor } from './run.js';

const qrels = '1 0 a 1\n1 0 b 0\n2 0 a 1\n3 0 c 2\n';
const runs = {
  'a.run': '1 Q0 b 1 2 A\n1 Q0 a 2 1 A\n2 Q0 a 1 1 A\n9 Q0 a 1 1 A\n',
  'b.run': '1 Q0 a 1 2 B\n1 Q0 b 2 1 B\n2 Q0 a 1 1 B\n3 Q0 c 1 1 B\n',
  '<c>.run': '1 Q0 a 1 2 C\n2 Q0 x 1 1 C\n3 Q0 c 1 1 C\n3 Q0 d 1 1 C\n',
  'twice.run': '1 Q0 a 1 2 D\n1 Q0 a 2 1 D\n',
};

describe('candor eval runs', { timeout: 60_000 }, () => {
  let dir: string;
  const at = (name: string) => join(dir, name);
  const evaluate = (...options: string[]) =>
    candor(['eval', 'runs', '--qrels', at('qrels.txt'), '--runs', at('a.run'), at('b.run'), ...options]).finished;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-eval-runs-'));
    await writeFile(at('qrels.txt'), qrels);
    for (const [name, content] of Object.entries(runs)) await writeFile(at(name), content);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('prints means, differences, topics and what a reader must know', async () => {
    const { code, stdout } = await evaluate('--measures', 'RR', 'P@1', '--baseline', 'a', '--per-topic');
    expect(code).toBe(0);
    expect(stdout).toContain('3 topics, 4 judgements, 3 of them relevant');
    expect(stdout).toMatch(/^a \(baseline\) +0\.5000 +0\.3333$/m);
    expect(stdout).toMatch(/^b +1\.0000 +1\.0000$/m);
    expect(stdout).toMatch(/^ {2}RR +\+0\.5000 .* 2\/1\/0$/m);
    expect(stdout).toContain('most changed in RR: 3 (+1.0000), 1 (+0.5000)');
    expect(stdout).toMatch(/^1 +0\.5000 +1\.0000$/m);
    expect(stdout).toContain('Note: a lacks 1 judged topic (3); they count as empty rankings');
    expect(stdout).toContain('Note: a has 1 topic that nobody judged; left out.');
  });

  it('writes every format at once', async () => {
    const files = ['--json', at('o.json'), '--csv', at('o.csv'), '--latex', at('o.tex'), '--markdown', at('o.md')];
    const { code } = await evaluate(
      at('<c>.run'),
      '--measures',
      'RR',
      ...files,
      '--html',
      at('o.html'),
      '--baseline',
      'a.run',
    );
    expect(code).toBe(0);
    const json: RunsJson = JSON.parse(await readFile(at('o.json'), 'utf8'));
    expect(Object.keys(json)).toEqual(['runs', 'comparisons']);
    expect(json.runs.slice(0, 2)).toEqual([
      { name: 'a', measures: { RR: { mean: 0.5, perTopic: { 1: 0.5, 2: 1, 3: 0 } } } },
      { name: 'b', measures: { RR: { mean: 1, perTopic: { 1: 1, 2: 1, 3: 1 } } } },
    ]);
    expect(json.comparisons).toHaveLength(2);
    // Of the four exchanges of the two topics that differ, two are as extreme.
    expect(json.comparisons[0]).toMatchObject({
      ...{ baseline: 'a', run: 'b', measure: 'RR', topics: 3, difference: 0.5, wins: 2, ties: 1, losses: 0 },
      randomisation: { pValue: 0.5, holmPValue: 1 },
      mostChanged: [
        { topic: '3', baseline: 0, run: 1, difference: 1 },
        { topic: '1', baseline: 0.5, run: 1, difference: 0.5 },
      ],
    });
    expect(await readFile(at('o.csv'), 'utf8')).toContain('\r\nb,RR,3,1\r\nb,RR,all,1\r\n');
    expect(await readFile(at('o.md'), 'utf8')).toContain('| b | **1.0000** |');
    expect(await readFile(at('o.tex'), 'utf8')).toContain('  b & \\textbf{1.0000} \\\\');
    const html = await readFile(at('o.html'), 'utf8');
    expect(html).toContain('&lt;c&gt;');
    expect(html).not.toContain('<c>');
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
  });

  it('gives a program only what it asked for, and compares all pairs without a baseline', async () => {
    const { stdout } = await evaluate(at('<c>.run'), '--measures', 'RR', 'NumRet', '--json');
    const { runs: evaluated, comparisons }: RunsJson = JSON.parse(stdout);
    expect(evaluated[0]?.measures.NumRet?.mean).toBe(3);
    expect(comparisons.map(({ baseline, run, measure }) => [baseline, run, measure])).toEqual([
      ['a', 'b', 'RR'],
      ['a', '<c>', 'RR'],
      ['b', '<c>', 'RR'],
    ]);
  });

  it('evaluates a single run, from a pipe too', async () => {
    const child = candor([
      'eval',
      'runs',
      '--qrels',
      at('qrels.txt'),
      '--runs',
      '-',
      '--measures',
      'RR',
      '--html',
      at('one.html'),
    ]);
    child.child.stdin.end(runs['a.run']);
    const { code, stdout } = await child.finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stdin +0\.5000$/m);
    expect(await readFile(at('one.html'), 'utf8')).toContain('stdin: RR 0.5000');
    const mixed = candor(['eval', 'runs', '--qrels', at('qrels.txt'), '--runs', '-', '--measures', 'RR']);
    mixed.child.stdin.end('1 Q0 a 1 2 A\n2 Q0 a 1 1 A\n1 Q0 b 1 1 A\n');
    expect((await mixed.finished).stderr).toContain('-: comes back to a topic it has left, and cannot be read twice');
  });

  it('leaves out what a run lacks when told to', async () => {
    const { stdout } = await evaluate('--measures', 'RR', '--missing', 'skip', '--baseline', 'a', '--json');
    const { runs: evaluated, comparisons }: RunsJson = JSON.parse(stdout);
    expect(evaluated[0]?.measures.RR).toEqual({ mean: 0.75, perTopic: { 1: 0.5, 2: 1 } });
    expect(comparisons[0]).toMatchObject({ topics: 2, difference: 0.25 });
  });

  it.each([
    ['a document twice', ['--runs', 'twice.run'], /twice.run:2: topic 1 ranks document a twice/],
    ['an unknown measure', ['--measures', 'nDGC@10'], /measure nDGC@10: there is no such measure/],
    ['an unknown baseline', ['--baseline', 'z'], /there is no run z; there are a, b/],
    ['a missing file', ['--runs', 'none.run'], /none.run: expected the run, found no file/],
  ])('%s: says so', async (_, options, message) => {
    const { code, stderr, stdout } = await evaluate(
      ...options.map((text) => (text.endsWith('.run') ? at(text) : text)),
    );
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBeGreaterThan(0);
  });
});

describe('names of runs', () => {
  it('are those of the files, as given, or the paths where files are named alike', () => {
    expect(runFiles(['x/bm25.run.gz', 'new=y/b.run'])).toEqual([
      { name: 'bm25', path: 'x/bm25.run.gz' },
      { name: 'new', path: 'y/b.run' },
    ]);
    expect(runFiles(['x/a.run', 'y/a.run']).map(({ name }) => name)).toEqual(['x/a.run', 'y/a.run']);
    expect(() => runFiles(['a.run', 'a.run'])).toThrow(/a.run is there twice/);
  });
});
