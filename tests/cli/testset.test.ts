import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { readQrels } from '../../src/evaluation/formats/qrels.js';
import { readQueries } from '../../src/evaluation/formats/queries.js';
import { readQuestions } from '../../src/evaluation/question.js';

let dir: string;
let printed = '';
const at = (name: string) => join(dir, name);
const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const testset = (...options: string[]) => createProgram().parseAsync(['testset', ...options], { from: 'user' });
const read = async (name: string) =>
  (await readFile(at(name), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-testset-'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  vi.spyOn(console, 'error').mockImplementation((text) => {
    printed += `${text}\n`;
  });
});
afterAll(() => {
  vi.restoreAllMocks();
  return rm(dir, { recursive: true, force: true });
});

describe('candor testset', () => {
  it('sample: its output is what candor rerank reads as queries', async () => {
    await writeFile(at('log.txt'), 'oslo\noslo\nOslo\npiano\n{"query": "nile", "count": 5}\nrare\n');
    await testset('sample', '--log', at('log.txt'), '--size', '9', '--least', '2', '-o', at('queries.jsonl'));
    const queries = await readQueries(at('queries.jsonl'));
    expect([...queries.values()].sort()).toEqual(['nile', 'oslo']);
    expect((await read('queries.jsonl'))[0]).toMatchObject({ inclusionProbability: 1, stratum: 'all' });
    expect(printed).toContain('2 of 2 distinct queries; 2 asked less than 2 times were left out');
  });

  it('pool, then agreement: judged documents become qrels and are not pooled again', async () => {
    await writeFile(at('a.run'), 'q1 Q0 d1 1 2 t\nq1 Q0 d2 2 1 t\n');
    await writeFile(at('b.run'), 'q1 Q0 d3 1 2 t\nq1 Q0 gone 2 1 t\n');
    await writeFile(at('topics.tsv'), 'q1\twhich river\n');
    await writeFile(
      at('corpus.jsonl'),
      lines(['d1', 'd2', 'd3'].map((_id) => ({ _id, title: '', text: `text of ${_id}` }))),
    );
    const pool = [
      'pool',
      '--runs',
      at('a.run'),
      at('b.run'),
      '--queries',
      at('topics.tsv'),
      '--corpus',
      at('corpus.jsonl'),
    ];
    await testset(...pool, '-o', at('pool.jsonl'));
    const tasks = await read('pool.jsonl');
    expect(tasks.map(({ documentId }) => documentId).sort()).toEqual(['d1', 'd2', 'd3']);
    expect(tasks[0]).toEqual({
      queryId: 'q1',
      query: 'which river',
      documentId: expect.any(String),
      title: '',
      text: expect.stringMatching('text of'),
    });
    expect(printed).toContain('1 lack their text');

    const labels = [
      ['d1', 'ann', 2],
      ['d1', 'ben', 2],
      ['d2', 'ann', 0],
      ['d2', 'ben', 1],
    ].map(([documentId, annotator, grade]) => ({ queryId: 'q1', documentId, annotator, grade }));
    await writeFile(at('labels.jsonl'), lines(labels));
    await testset('agreement', '--labels', at('labels.jsonl'), '--qrels', at('qrels'), '--json', at('agreement.json'));
    expect(printed).toMatch(/^Krippendorff's alpha +0\.\d{4} {2}\(ordinal\)$/m);
    expect(JSON.parse(await readFile(at('agreement.json'), 'utf8'))).toMatchObject({ items: 2, observed: 0.5 });
    expect((await readQrels(at('qrels'))).topics.get('q1')).toEqual(
      new Map([
        ['d1', 2],
        ['d2', 0],
      ]),
    );
    await testset(...pool, '-o', at('rest.jsonl'), '--qrels', at('qrels'));
    expect((await read('rest.jsonl')).map(({ documentId }) => documentId)).toEqual(['d3']);
  });

  it('questions: marked as synthetic, and readable by candor eval answers', async () => {
    const text = 'The piano was invented by the Italian maker Bartolomeo Cristofori in Florence.';
    await writeFile(at('articles.jsonl'), lines([{ id: 'piano', title: 'Piano', text }]));
    await testset('questions', '--corpus', at('articles.jsonl'), '-o', at('synthetic.jsonl'));
    expect(await readQuestions(at('synthetic.jsonl'))).toMatchObject([
      { id: 'synthetic-00001', kind: 'synthetic-cloze', documentIds: ['piano'], answers: ['Bartolomeo Cristofori'] },
    ]);
    expect(await read('synthetic.jsonl')).toMatchObject([{ synthetic: true }]);
    expect(printed).toContain('Nobody asked them');
  });

  it.each([
    [['agreement', '--labels', 'names.jsonl'], /the label yes has no order; add --scale nominal/],
    [['agreement', '--labels', 'names.jsonl', '--scale', 'nominal', '--qrels', 'q'], /--qrels needs lines/],
    [['sample', '--log', 'names.jsonl', '-o', 'x'], /names.jsonl:1: expected \{"query"/],
  ])('%j: says what is wrong', async (options, message) => {
    await writeFile(at('names.jsonl'), lines([{ item: 'x', annotator: 'ann', label: 'yes' }]));
    const given = options.map((option) => (option === 'names.jsonl' ? at(option) : option));
    await expect(testset(...given)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });
});
