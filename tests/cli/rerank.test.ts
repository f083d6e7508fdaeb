import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candor } from './run.js';

const program = fileURLToPath(new URL('../fixtures/word-count-reranker.mjs', import.meta.url));
const command = `command:"${process.execPath}" "${program}"`;

describe('candor rerank', () => {
  let dir: string;
  const at = (name: string) => join(dir, name);
  const rerank = (...options: string[]) =>
    candor(
      ['rerank', '--run', at('in.run'), '--queries', at('queries.tsv'), '--corpus', at('corpus.jsonl'), ...options],
      { CANDOR_MODELS_DIR: at('no-models') },
    ).finished;
  const ranking = async (file: string) =>
    (await readFile(at(file), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([topic, , documentId]) => `${topic} ${documentId}`);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-rerank-'));
    const texts = { a: 'a lake', b: 'a long river', c: 'a river', d: 'a long wide river' };
    const corpus = Object.entries(texts).map(([_id, text]) => `${JSON.stringify({ _id, title: '', text })}\n`);
    await writeFile(at('corpus.jsonl'), corpus.join(''));
    await writeFile(at('queries.tsv'), 'q1\tlong river\nq2\tcrash now\nq3\tlake\n');
    const run = ['q1 Q0 a 1 9 t', 'q1 Q0 x 2 8 t', 'q1 Q0 c 3 7 t', 'q1 Q0 b 4 6 t', 'q1 Q0 d 5 5 t'];
    await writeFile(
      at('in.run'),
      [...run, 'q2 Q0 c 1 2 t', 'q2 Q0 a 2 1 t', 'q3 Q0 b 1 2 t', 'q3 Q0 a 2 1 t'].join('\n'),
    );
    await writeFile(at('qrels'), 'q1 0 b 1\nq3 0 a 1\n');
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('reranks the head, loses no query to a failed one, judges depths and goes on from the cache', async () => {
    const files = ['-o', at('out.run'), '--cache', at('scores.jsonl'), '--depth', '4', '--tag', 'words'];
    const sweep = ['--sweep', '1', '4', '--qrels', at('qrels'), '--measures', 'RR', '--json', at('sweep.json')];
    const first = await rerank('--reranker', command, ...files, ...sweep);
    expect(first.code).toBe(3);
    expect(first.stderr).toContain('lacks 1 of 4 documents');
    expect(first.stderr).toMatch(/query q2 failed: .*ended with code 7/);
    expect(await ranking('out.run')).toEqual([
      'q1 b', // two words
      'q1 c', // one
      'q1 a', // none
      'q1 x', // not in the corpus
      'q1 d', // below the depth, though it has both words
      'q2 c', // failed: as it was
      'q2 a',
      'q3 a',
      'q3 b',
    ]);
    const { depths } = JSON.parse(await readFile(at('sweep.json'), 'utf8'));
    expect(depths).toMatchObject([
      { depth: 0, measures: { RR: (1 / 4 + 1 / 2) / 2 }, failed: 0 },
      { depth: 1, measures: { RR: (1 / 4 + 1 / 2) / 2 }, failed: 1 },
      { depth: 4, measures: { RR: 1 }, failed: 1, latencyMs: { queries: 2, p50: expect.any(Number) } },
    ]);

    const cached = await readFile(at('scores.jsonl'), 'utf8');
    await writeFile(at('scores.jsonl'), `${cached}{"key": "unfini`); // Killed while it wrote.
    const before = await readFile(at('out.run'), 'utf8');
    const again = await rerank('--reranker', command, ...files, ...sweep);
    expect(await readFile(at('scores.jsonl'), 'utf8')).toBe(cached);
    expect(await readFile(at('out.run'), 'utf8')).toBe(before);
    expect(again.stdout).toMatch(/^ +4 +1\.0000 +- +- +1$/m); // Nothing was measured: all scores were there.
  }, 240_000);

  it.each([
    ['nothing to do', [], /Expected -o FILE, or --sweep/],
    ['no judgements', ['--sweep', '1'], /--sweep needs --qrels/],
    ['an unknown reranker', ['-o', 'out', '--reranker', 'best'], /expected cross-encoder, reward, .* received best/],
  ])('%s: says so', async (_, options, message) => {
    const { rerankFile } = await import('../../src/cli/rerank-run.js');
    const { createProgram } = await import('../../src/cli/program.js');
    const program = createProgram();
    const verb = program.commands.find((each) => each.name() === 'rerank')!;
    let given: Parameters<typeof rerankFile>[0] | undefined;
    verb.action((parsed) => {
      given = parsed;
    });
    const files = ['--run', at('in.run'), '--queries', at('queries.tsv'), '--corpus', at('corpus.jsonl')];
    await program.parseAsync(['rerank', ...files, ...options], { from: 'user' });
    await expect(rerankFile(given!)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });
});
