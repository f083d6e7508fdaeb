import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readQuestions, sampleQuestions } from '../../src/evaluation/question.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-questions-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const line = (id: string, more = {}) =>
  `${JSON.stringify({ id, question: 'Who?', answers: ['me'], answerable: true, ...more })}\n`;

async function file(name: string, content: string | Buffer) {
  await writeFile(join(dir, name), content);
  return join(dir, name);
}

describe('readQuestions', () => {
  it('reads plain and compressed files, and skips empty lines', async () => {
    const text = `${line('a', { documentIds: ['d'], kind: 'k' })}\n${line('b')}`;
    const plain = await readQuestions(await file('plain.jsonl', text));
    expect(plain.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(plain[0]).toMatchObject({ documentIds: ['d'], kind: 'k' });
    expect(await readQuestions(await file('small.jsonl.gz', gzipSync(text)))).toEqual(plain);
  });

  it.each([
    ['json.jsonl', `${line('a')}{`, 'invalid-request', /json.jsonl:2: expected JSON/],
    [
      'field.jsonl',
      '{"id":"a","question":"Who?","answers":"me","answerable":true}',
      'invalid-request',
      /field.jsonl:1:.*answers/s,
    ],
    ['twice.jsonl', line('a') + line('a'), 'invalid-request', /two questions have the id a/],
    ['empty.jsonl', '\n', 'invalid-request', /no question/],
    ['broken.jsonl.gz', 'not compressed', 'invalid-request', /broken.jsonl.gz: cannot be read/],
  ])('%s: names file and line', async (name, content, code, message) => {
    await expect(readQuestions(await file(name, content))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each(['none.jsonl', 'none.jsonl.gz'])('says that %s is not there', async (name) => {
    await expect(readQuestions(join(dir, name))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(`${name}: expected the questions`),
    });
  });
});

describe('sampleQuestions', () => {
  const all = Array.from({ length: 50 }, (_, index) => index);
  it('draws the same for a seed, in the order of the file, more for a larger limit', () => {
    const ten = sampleQuestions(all, 10, 1);
    expect(ten).toHaveLength(10);
    expect(ten).toEqual(ten.toSorted((a, b) => a - b));
    expect(sampleQuestions(all, 10, 1)).toEqual(ten);
    expect(sampleQuestions(all, 10, 2)).not.toEqual(ten);
    expect(sampleQuestions(all, 20, 1)).toEqual(expect.arrayContaining(ten));
    expect(sampleQuestions(all, 500, 1)).toEqual(all);
  });
});
