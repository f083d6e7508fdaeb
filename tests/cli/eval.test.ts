import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateAnswers } from '../../src/cli/eval-answers.js';
import { candor } from './run.js';

const documents = [
  { id: 'nile', title: 'Nile', text: 'The Nile is a river in Africa. It is 6,853 km long.' },
  { id: 'piano', title: 'Piano', text: 'Bartolomeo Cristofori invented the piano in Florence.' },
  { id: 'oslo', title: 'Oslo', text: 'Oslo was called Christiania after it was rebuilt in 1624.' },
  { id: 'bad', title: 'Without text' },
];
const questions = [
  { id: 'q1', question: 'How long is the Nile?', answers: ['6,853 km'], answerable: true, documentIds: ['nile'] },
  { id: 'q2', question: 'Who invented the piano?', answers: ['Cristofori'], answerable: true, documentIds: ['piano'] },
  { id: 'q3', question: 'Who wrote Faust?', answers: [], answerable: false, kind: 'passage-removed' },
];

describe('candor eval answers', () => {
  let dir: string;
  const at = (name: string) => join(dir, name);
  const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  /** Hits only: quick, and enough to see that everything is joined. */
  const evaluate = (...options: string[]) =>
    candor(['eval', 'answers', '--corpus', at('corpus.jsonl'), '--questions', at('questions.jsonl'), ...options], {
      CANDOR_GENERATOR: 'off',
      CANDOR_RERANK_DEPTH: '0',
    }).finished;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-eval-test-'));
    await writeFile(at('corpus.jsonl'), lines(documents));
    await writeFile(at('questions.jsonl'), lines(questions));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('ingests, asks, prints the table, writes figures and records; and goes on with them', async () => {
    const files = ['--records', at('records.jsonl'), '--json', at('figures.json')];
    const sample = await evaluate('--limit', '2', ...files);
    expect(sample).toMatchObject({ code: 0, stdout: expect.stringContaining('questions.jsonl (2 of 3, seed 1)') });
    expect(sample.stderr).toContain('3 documents (3 passages) stored, 0 unchanged, 1 rejected');

    const whole = await evaluate('--resume', ...files);
    expect(whole.code).toBe(0);
    expect(whole.stderr).toMatch(/questions 1\/1 in/);
    expect(whole.stdout).toContain('3 questions: 2 answerable, 1 unanswerable');
    expect(whole.stdout).toMatch(/recall@1 +100\.0/);
    expect(whole.stdout).toContain('outcomes: generator-unavailable 3');

    const figures = JSON.parse(await readFile(at('figures.json'), 'utf8'));
    expect(figures).toMatchObject({
      questions: 3,
      metrics: {
        recallAt1: { value: 1, low: 1, high: 1 },
        precisionShown: { value: null },
        refusalRight: { value: 0 },
      },
      latencyMs: { retrieval: { p50: expect.any(Number) }, hits: { p95: expect.any(Number) } },
    });
    const records = (await readFile(at('records.jsonl'), 'utf8')).trim().split('\n');
    expect(records.map((record) => JSON.parse(record).id).toSorted()).toEqual(['q1', 'q2', 'q3']);

    // All is recorded: no index, no model.
    const again = await evaluate('--resume', ...files);
    expect(again.stderr).toBe('');
    expect(again.stdout).toBe(whole.stdout);
  }, 240_000);

  it('reads recorded answers: no corpus, no model; and holds them against gates', async () => {
    await writeFile(
      at('answers.jsonl'),
      lines([
        {
          id: 'q1',
          answer: '6,853 km',
          confidence: 0.9,
          citations: [{ documentId: 'nile', quote: 'It is 6,853 km long.' }],
        },
        { id: 'q2', answer: 'Mozart', confidence: 0.8 },
        { id: 'q3', answer: null },
      ]),
    );
    await writeFile(at('gate.yaml'), 'gates:\n  - {figure: f1, min: 0.5}\n  - {figure: refusalRight, min: 1}\n');
    await writeFile(at('strict.yaml'), 'gates:\n  - {figure: f1, min: 0.6}\n  - {figure: refusalRight, min: 1}\n');
    const read = (...options: string[]) =>
      candor(['eval', 'answers', '--answers', at('answers.jsonl'), '--questions', at('questions.jsonl'), ...options], {
        CANDOR_MODELS_DIR: at('no-models'),
      }).finished;
    const [passed, failed] = await Promise.all([
      read('--gate', at('gate.yaml'), '--json', at('read.json'), '--html', at('read.html')),
      read('--gate', at('strict.yaml')),
    ]);
    expect(passed).toMatchObject({ code: 0, stderr: '2 of 2 gates passed\n' });
    expect(passed.stdout).toMatch(/^F1, best of n by reward +50\.0/m);
    expect(JSON.parse(await readFile(at('read.json'), 'utf8'))).toMatchObject({
      questions: 3,
      metrics: {
        f1: { value: 0.5 },
        brier: { value: expect.closeTo((0.01 + 0.64) / 2, 12) },
        citationRecall: { value: 1 },
      },
      refusals: { unanswerable: { refused: 1 } },
    });
    expect(await readFile(at('read.html'), 'utf8')).toContain('Risk and coverage');
    expect(failed).toMatchObject({
      code: 3,
      stderr: 'gate failed: f1: expected at least 0.6, found 0.5\n1 of 2 gates passed\n',
    });
  }, 120_000);

  it.each([
    [{ questions: undefined }, /Expected --corpus FILE and --questions FILE, or --answers FILE/],
    [{ answers: 'a.jsonl', resume: true }, /with --answers nothing is asked/],
    [{ minConfidence: 0.5 }, /--min-confidence needs --answers/],
    [{ against: 'b.jsonl' }, /--against needs --judge/],
    [{ gate: 'none.yaml' }, /none.yaml: expected the gates, found no file/],
  ])('refuses %j', async (changes, message) => {
    const given = { corpus: at('corpus.jsonl'), questions: at('questions.jsonl'), seed: 1, ...changes };
    await expect(evaluateAnswers(given)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it.each([
    ['no records to resume', { resume: true }, /--resume needs --records/],
    ['no questions', { questions: 'none.jsonl' }, /none.jsonl: expected the questions, found no file/],
  ])('%s: says so before anything is loaded', async (_, changes, message) => {
    const given = { corpus: at('corpus.jsonl'), questions: at('questions.jsonl'), seed: 1, ...changes };
    await expect(evaluateAnswers(given)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });
});
