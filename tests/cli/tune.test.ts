import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestCorpus } from '../../src/cli/ingest-corpus.js';
import { loadConfig } from '../../src/config.js';
import { readFusionSettings } from '../../src/retrieval/fusion.js';
import { candor } from './run.js';

/**
 * Texts that the real embedder confuses (part numbers) and words tell apart: weight on the lexical side must win. Each number
 * comes with a long-winded neighbour that is nearer in meaning to every question.
 */
const parts = Array.from({ length: 12 }, (_, index) => `QX-${7001 + index * 13}`);
const lines = [
  ...parts.map((part) => ({ id: part, text: `Leaflet ${part}: store dry.` })),
  ...parts.map((_, index) => ({
    id: `guide-${index}`,
    text: `Which torque does a part need? The guide of torque and parts, chapter ${index}, says how parts are tightened.`,
  })),
];
const questions = parts.map((part, index) => ({
  id: `q${index}`,
  question: `Which torque does part ${part} need?`,
  answers: [],
  answerable: true,
  documentIds: [part],
}));

describe('candor tune', { timeout: 240_000 }, () => {
  let dir: string;
  const env = () => ({ CANDOR_INDEX_DIR: join(dir, 'index'), CANDOR_INFERENCE_WORKERS: '1', CANDOR_STORE: 'embedded' });
  const jsonLines = (all: object[]) => all.map((one) => JSON.stringify(one)).join('\n');

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-tune-'));
    await writeFile(join(dir, 'corpus.jsonl'), jsonLines(lines));
    await writeFile(join(dir, 'questions.jsonl'), jsonLines(questions));
    const signal = new AbortController().signal;
    await ingestCorpus(loadConfig(env()), join(dir, 'corpus.jsonl'), signal, { output: new PassThrough() });
  }, 120_000);
  afterAll(() => rm(dir, { recursive: true }));

  it('finds better weights, says by how much, and writes what the service reads', async () => {
    const output = join(dir, 'fusion.json');
    const args = ['tune', '--questions', join(dir, 'questions.jsonl'), '--measure', 'RR@10', '--folds', '3'];
    const { code, stdout, stderr } = await candor([...args, '--output', output], env()).finished;
    expect(stderr).toMatch(/written/);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /RR@10 over 12 questions.*\n.*without a file.*rrf, k 60.*\n.*held out \(3 folds.*\n.*difference: 0\.\d+ \(/,
    );
    const settings = await readFusionSettings(output);
    expect(settings.weights.lexical).toBeGreaterThan(settings.weights.dense);
    expect(JSON.parse(await readFile(output, 'utf8')).fit).toMatchObject({ measure: 'RR@10', questions: 12 });
    const search = ['search', questions[5]?.question ?? '', '--json'];
    const served = await candor(search, { ...env(), CANDOR_FUSION_FILE: output, CANDOR_RERANK_DEPTH: '0' }).finished;
    expect(JSON.parse(served.stdout).results[0].documentId).toBe(parts[5]);
  });

  it('asks for enough questions', async () => {
    await writeFile(join(dir, 'few.jsonl'), jsonLines(questions.slice(0, 5)));
    const { code, stderr } = await candor(['tune', '--questions', join(dir, 'few.jsonl')], env()).finished;
    expect([code, stderr]).toEqual([2, expect.stringMatching(/at least 10 questions with documentIds, found 5/)]);
  });
});
