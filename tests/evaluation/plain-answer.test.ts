import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { summariseAnswers } from '../../src/evaluation/answer-report.js';
import { isRecord, readAnswers } from '../../src/evaluation/plain-answer.js';
import type { Question } from '../../src/evaluation/question.js';
import { record, shownRecord } from './records.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-answers-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function file(...lines: unknown[]) {
  const path = join(dir, 'answers.jsonl');
  await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
}

const nile: Question = { id: 'nile', question: 'How long is it?', answers: ['6,853 km'], answerable: true };
const faust: Question = { id: 'faust', question: 'Who wrote it?', answers: [], answerable: false, kind: 'gone' };

describe('readAnswers', () => {
  it('takes the gold answers from the questions, and counts what is missing', async () => {
    const path = await file({ id: 'nile', answer: '6853 km', confidence: 0.9 }, { id: 'other', answer: 'x' });
    const { answers, unasked } = await readAnswers(path, { questions: [nile, faust] });
    expect(unasked).toEqual(['other']);
    expect(answers).toMatchObject([
      { ...nile, answer: '6853 km', confidence: 0.9, shown: true, missing: false },
      { ...faust, answer: null, shown: false, missing: true },
    ]);
    const { report, reasons } = summariseAnswers(answers);
    expect(reasons).toEqual({ shown: 1, missing: 1 });
    expect(report.metrics.refusalRight.value).toBe(0); // Nothing said is no refusal.
    expect(report.refusals.unanswerable).toMatchObject({ refused: 0, none: 1 });
  });

  it('takes nothing else from them, when answers of another system serve as questions', async () => {
    const own = (await readAnswers(await file({ ...nile, answer: 'mine', confidence: 0.9 }))).answers;
    const { answers } = await readAnswers(await file({ id: 'nile', answer: 'theirs' }), { questions: own });
    expect(answers).toMatchObject([{ ...nile, answer: 'theirs', confidence: null }]);
  });

  it('or from the lines; shows from the given confidence on, unless a line says it', async () => {
    const gold = { answers: ['a'], question: 'Which?' };
    const path = await file(
      { id: '1', answer: 'a', confidence: 0.4, ...gold },
      { id: '2', answer: 'a', confidence: 0.6, ...gold },
      { id: '3', answer: 'a', confidence: 0.1, shown: true, ...gold },
      { id: '4', answer: 'a', ...gold },
      { id: '5', answer: null, answers: [] },
    );
    const { answers } = await readAnswers(path, { minConfidence: 0.5 });
    expect(answers.map((answer) => !isRecord(answer) && answer.shown)).toEqual([false, true, true, true, false]);
    expect(answers.map(({ answerable }) => answerable)).toEqual([true, true, true, true, false]);
  });

  it('reads records of --records beside them, with the same figures', async () => {
    const quote = 'It is 6,853 km long.';
    const full = shownRecord('6,853 km', 0.9, quote, { id: 'nile' });
    const plain = { ...nile, answer: '6,853 km', confidence: 0.9, citations: [{ documentId: 'nile', quote }] };
    const fromRecord = summariseAnswers((await readAnswers(await file(full))).answers).report;
    const fromPlain = summariseAnswers((await readAnswers(await file(plain))).answers).report;
    for (const metric of ['em', 'f1', 'rougeL', 'aurc', 'ece', 'brier', 'citationPrecision', 'shownShare'] as const)
      expect(fromPlain.metrics[metric]).toEqual(fromRecord.metrics[metric]);
    expect(fromPlain.metrics.f1Greedy.value).toBeNull();
    expect((await readAnswers(await file(full, plain))).answers).toHaveLength(1); // The last line of an id counts.
  });

  it.each([
    ['a line that is no JSON', ['{'], /answers.jsonl:1: expected JSON/],
    ['a wrong field', [{ id: 'a', answer: 'x', confidence: 2 }], /answers.jsonl:1:[\s\S]*confidence/],
    ['a missing answer', [{ id: 'a' }], /answers.jsonl:1:[\s\S]*answer/],
    ['a broken record', [{ ...record(), hits: 1 }], /answers.jsonl:1:[\s\S]*hits/],
    ['no gold answers', [{ id: 'a', answer: 'x' }], /answers.jsonl: a has no gold answers. Add --questions/],
    ['nothing', [''], /there is no answer/],
  ])('%s: says where and what', async (_, lines, message) => {
    await expect(readAnswers(await file(...lines))).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });
});

describe('citations of plain answers', () => {
  const texts: Record<string, string> = { nile: 'Long ago. The Nile is 6,853 km long.', oslo: 'A city.' };
  const figures = async (citations: unknown, documentIds?: string[]) => {
    const line = { ...nile, documentIds, answer: '6,853 km', citations };
    const { answers } = await readAnswers(await file(line));
    const { citationPrecision, citationRecall } = summariseAnswers(answers, { textOf: (id) => texts[id] }).report
      .metrics;
    return [citationPrecision.value, citationRecall.value];
  };
  const holds = { documentId: 'nile', quote: 'The Nile is 6,853 km long.' };

  it.each([
    ['one that holds', [holds], undefined, [1, 1]],
    ['at its place', [{ ...holds, start: 10, end: 36 }], undefined, [1, 1]],
    ['at a wrong place', [{ ...holds, start: 0, end: 26 }], undefined, [0, 0]],
    ['not in the document', [{ ...holds, documentId: 'oslo' }], undefined, [0, 0]],
    ['one of two', [holds, { documentId: 'oslo', quote: 'A city.' }], undefined, [0.5, 1]],
    ['a document that is not in the corpus: taken at its word', [{ ...holds, documentId: 'x' }], undefined, [1, 1]],
    ['by document alone', [{ documentId: 'nile' }, { documentId: 'oslo' }], ['nile'], [0.5, 1]],
    ['by document, when none is named', [{ documentId: 'nile' }], undefined, [null, null]],
    ['none', [], undefined, [null, 0]],
    ['not recorded', undefined, undefined, [null, null]],
  ])('%s', async (_, citations, documentIds, expected) => {
    expect(await figures(citations, documentIds)).toEqual(expected);
  });
});
