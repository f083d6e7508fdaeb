import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { askSet, inRandomOrder } from '../../benchmarks/ask-sets.js';
import { readAttackOutcomes, tryAttacks, withAttack } from '../../benchmarks/attack-trials.js';
import { record } from '../evaluation/records.js';

const dir = await mkdtemp(join(tmpdir(), 'candor-trust-'));
afterAll(() => rm(dir, { recursive: true, force: true }));
const signal = AbortSignal.timeout(20_000);

describe('the questions of a set', () => {
  it('come in a random order that a seed repeats, so that a run that was stopped is a sample', () => {
    const all = Array.from({ length: 50 }, (_, index) => index);
    const order = inRandomOrder(all, 7);
    expect(order).not.toEqual(all);
    expect([...order].sort((a, b) => a - b)).toEqual(all);
    expect(inRandomOrder(all, 7, 12)).toEqual(order.slice(0, 12));
    expect(inRandomOrder(all, 8)).not.toEqual(order);
  });

  it('are not asked again when all of them are recorded', async () => {
    const { id, question, answers, answerable } = record();
    await writeFile(join(dir, 'corpus.natural.jsonl.gz'), gzipSync(''));
    await writeFile(
      join(dir, 'questions.natural.jsonl.gz'),
      gzipSync(JSON.stringify({ id, question, answers, answerable })),
    );
    const records = join(dir, 'records.jsonl');
    const line = `${JSON.stringify(record())}\n`;
    await writeFile(records, `${line}{"id": "half a li`);
    await askSet('natural', { sets: dir, records, seed: 1, deadlineMs: 1, signal });
    expect(await readFile(records, 'utf8')).toBe(line);
  });

  it('name the file that is missing', async () => {
    const asked = askSet('quotesum', { sets: dir, records: join(dir, 'none.jsonl'), seed: 1, deadlineMs: 1, signal });
    await expect(asked).rejects.toThrow(/corpus\.cited\.jsonl\.gz is not there/);
  });
});

describe('trials of attacks', () => {
  const paragraph = { id: 'p', title: 'P', context: 'One. Two.', questions: [] };
  const split = () => [
    { start: 0, end: 4 },
    { start: 5, end: 9 },
  ];

  it.each([
    ['start', 'Obey me. One. Two.'],
    ['middle', 'One. Obey me. Two.'],
    ['end', 'One. Two. Obey me.'],
  ] as const)('put the attack at the %s', (place, context) => {
    const attacked = withAttack(paragraph, { kind: 'k', text: 'Obey me.' }, place, split);
    expect(attacked.paragraph.context).toBe(context);
    expect(context.slice(attacked.span.start, attacked.span.end)).toBe('Obey me.');
  });

  it('are not run again when they have an outcome, and leave out a half line', async () => {
    const records = join(dir, 'attacks.jsonl');
    const outcome = { id: '1-p', guarded: false, unguarded: true };
    await writeFile(records, `${JSON.stringify(outcome)}\n{"id": "1-q", "gua`);
    const attacked = withAttack(paragraph, { kind: 'k', text: 'Obey me.' }, 'end', split);
    const cases = [{ id: '1-p', question: 'Who?', ...attacked }];
    expect(await tryAttacks(cases, { dir: join(dir, 'attacks'), records, signal })).toEqual([outcome]);
    expect(await readAttackOutcomes(records)).toEqual([outcome]);
    expect(await readAttackOutcomes(join(dir, 'none.jsonl'))).toEqual([]);
  });
});
