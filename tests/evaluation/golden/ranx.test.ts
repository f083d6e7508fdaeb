import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.js';

/** The examples of ranx's unit tests for bpref, F1 and RBP. Documents are digits; what a run has is listed from the best. */
const QRELS = {
  q1: { relevant: '25', other: '14' },
  q2: { relevant: '25', other: '16' },
  q3: { relevant: '257', other: '168' },
  q4: { relevant: '2469', other: '1378' },
};
const RUN = { q1: '1234', q2: '123456', q3: '12345678', q4: '1234678' };

describe('the examples of ranx', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-ranx-'));
    const judgements = Object.entries(QRELS).flatMap(([topic, { relevant, other }]) => [
      ...Array.from(relevant, (id) => `${topic} 0 d${id} 1\n`),
      ...Array.from(other, (id) => `${topic} 0 d${id} 0\n`),
    ]);
    await writeFile(join(dir, 'qrels'), judgements.join(''));
    const rankings = Object.entries(RUN).flatMap(([topic, ids]) =>
      Array.from(ids, (id, rank) => `${topic} Q0 d${id} ${rank} ${10 - rank} r\n`),
    );
    await writeFile(join(dir, 'run'), rankings.join(''));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('bpref', async () => {
    const bpref = (await evaluate(join(dir, 'qrels'), join(dir, 'run'), ['Bpref'])).get('Bpref')!;
    expect(bpref.get('q1')).toBeCloseTo((1 / 2) * (1 - 1 / 2), 12);
    expect(bpref.get('q2')).toBeCloseTo((1 / 2) * (1 - 1 / 2 + (1 - 1 / 2)), 12);
    expect(bpref.get('q3')).toBeCloseTo((1 / 3) * (1 - 1 / 3 + (1 - 1 / 3) + (1 - 2 / 3)), 12);
    expect(bpref.get('q4')).toBeCloseTo((1 / 4) * (1 - 1 / 4 + (1 - 2 / 4) + (1 - 2 / 4)), 12);
  });

  it('F1 is the harmonic mean of precision and recall', async () => {
    const values = await evaluate(join(dir, 'qrels'), join(dir, 'run'), ['SetF', 'SetP', 'SetR']);
    for (const topic of Object.keys(QRELS)) {
      const [precision, recall] = [values.get('SetP')!.get(topic)!, values.get('SetR')!.get(topic)!];
      expect(values.get('SetF')?.get(topic)).toBeCloseTo((2 * precision * recall) / (precision + recall), 12);
    }
  });

  it('RBP: relevant at ranks 1, 2, 6, 11 and 17 of 20', async () => {
    const relevant = [1, 2, 6, 11, 17];
    await writeFile(join(dir, 'rbp.qrels'), relevant.map((id) => `q 0 d${id} 1\n`).join(''));
    const ranks = Array.from({ length: 20 }, (_, index) => index + 1);
    await writeFile(join(dir, 'rbp.run'), ranks.map((id) => `q Q0 d${id} ${id} ${21 - id} r\n`).join(''));
    const measures = ['RBP(p=0.5)', 'RBP(p=0.8)', 'RBP(p=0.95)'];
    const values = await evaluate(join(dir, 'rbp.qrels'), join(dir, 'rbp.run'), measures);
    expect(measures.map((name) => values.get(name)?.get('q')?.toFixed(4))).toEqual(['0.7661', '0.4526', '0.1881']);
  });
});
