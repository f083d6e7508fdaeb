import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestCorpus } from '../../src/cli/ingest-corpus.js';
import { loadConfig } from '../../src/config.js';
import { sleep } from '../pipeline/fakes.js';
import { candor } from './run.js';

let dir: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'candor-serve-'));
  mkdirSync(join(dir, 'models'));
  symlinkSync(resolve('models/embedder'), join(dir, 'models/embedder'));
  writeFileSync(join(dir, 'piano.md'), '# Piano\n\nBartolomeo Cristofori of Padua invented the piano.\n');
  env = {
    CANDOR_MODELS_DIR: join(dir, 'models'),
    CANDOR_INDEX_DIR: join(dir, 'index'),
    CANDOR_INFERENCE_WORKERS: '1',
  };
  const texts = {
    many: 'The violin is a wooden string instrument with four strings, played with a bow.',
    more: 'A violin is a string instrument made of wood; its four strings are played with a bow.',
    other: 'Antonio Stradivari built a violin for a king of Spain.',
  };
  const lines = Object.entries(texts).map(([id, text]) => JSON.stringify({ id, text }));
  writeFileSync(join(dir, 'violins.jsonl'), lines.join('\n'));
  const signal = AbortSignal.timeout(100_000);
  const output = new PassThrough().resume();
  await ingestCorpus(loadConfig(env), join(dir, 'piano.md'), signal, { output });
  await ingestCorpus(loadConfig({ ...env, CANDOR_TENANT: 'violins' }), join(dir, 'violins.jsonl'), signal, { output });
}, 120_000);

afterAll(() => rmSync(dir, { recursive: true }));

describe('candor serve', { timeout: 120_000 }, () => {
  it('prints its address and a command to try, serves, keeps traces of visitors alone, and ends well on SIGTERM', async () => {
    const traces = join(dir, 'traces');
    const { child, output, finished } = candor(['serve', '--port', '0'], { ...env, CANDOR_TRACES_DIR: traces });
    while (!output.stdout.includes('curl')) {
      await sleep(50);
      if (child.exitCode !== null) throw new Error(output.stderr);
    }
    const [, address] = /Candor is ready: (http:\/\/127\.0\.0\.1:\d+)\//.exec(output.stdout) ?? [];
    expect(output.stdout).toContain(`curl -s ${address}/v1/search -H 'content-type: application/json' -d '{"query"`);

    const reply = await fetch(`${address}/v1/search?q=who+invented+the+piano`);
    expect(await reply.json()).toMatchObject({
      results: [{ type: 'passage', title: 'Piano' }],
      answerStatus: { reason: 'generator-unavailable' },
    });
    expect(await (await fetch(`${address}/readyz`)).json()).toMatchObject({ status: 'degraded' });

    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 0, stderr: expect.stringMatching(/^No reranker; .*models verify\n/) });
    const kept = readdirSync(traces).map((name) => JSON.parse(readFileSync(join(traces, name), 'utf8')));
    expect(kept.map(({ query }) => query)).toEqual(['who invented the piano']);
  });
});

describe('candor search and ask', { timeout: 120_000 }, () => {
  it('print hits for people and for programs', async () => {
    const people = await candor(['search', 'piano'], env).finished;
    expect(people).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ 1\. Piano.*\n {4}.*Cristofori.*\n$/),
    });
    const programs = await candor(['ask', 'Who invented the piano?', '--json'], env).finished;
    expect(JSON.parse(programs.stdout)).toMatchObject({
      results: [{ title: 'Piano' }],
      answerStatus: { shown: false },
    });
  });

  it('put what differs higher when asked to', async () => {
    const order = async (...more: string[]) => {
      const args = ['search', 'violin four strings bow', '--tenant', 'violins', '--json', ...more];
      const { results } = JSON.parse((await candor(args, env).finished).stdout) as {
        results: { documentId: string }[];
      };
      return results.map(({ documentId }) => documentId);
    };
    expect((await order()).at(-1)).toBe('other');
    expect((await order('--diversity', '1'))[1]).toBe('other');
  });

  it('say what to run when there is no index', async () => {
    const { code, stdout, stderr } = await candor(['search', 'piano', '--index', join(dir, 'none')], env).finished;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^candor: .*none: .*candor ingest/);
  });
});
