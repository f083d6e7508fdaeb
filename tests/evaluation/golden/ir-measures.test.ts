import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate, GOLDEN, missingGolden } from './evaluate.js';
import { expectations } from './python-tests.js';

/** gdeval is asked for 2^grade - 1 gains without being told. */
const EXPONENTIAL = 'test_gdeval.py';

describe.skipIf(missingGolden)(`the unit tests of ir_measures${missingGolden ? ` (${missingGolden})` : ''}`, () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-golden-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const tests = (name: string) => `${GOLDEN}ir_measures/tests/${name}`;

  it.each([
    ['test_pytrec_eval.py', 115],
    [EXPONENTIAL, 10],
    ['test_ranx.py', 30],
    ['test_pyndeval.py', 3],
  ])('%s', async (name, atLeast) => {
    const found = expectations(await readFile(tests(name), 'utf8'));
    expect(found.length).toBeGreaterThanOrEqual(atLeast);
    const wrong: unknown[] = [];
    for (const { test, measure, qrels, run, topic, value } of found) {
      const files = { qrels: join(dir, `${name}.qrels`), run: join(dir, `${name}.run`) };
      await writeFile(files.qrels, qrels);
      await writeFile(files.run, run);
      const asked = name === EXPONENTIAL ? measure.replace('nDCG@', 'nDCG(dcg="exp-log2")@') : measure;
      const ours = (await evaluate(files.qrels, files.run, [asked])).get(asked)?.get(topic);
      if (ours === undefined || Math.abs(ours - value) > 0.5001e-4) wrong.push({ test, measure, topic, value, ours });
    }
    expect(wrong).toEqual([]);
  });

  it('test_cwl_eval.py', async () => {
    const text = await readFile(tests('test_cwl_eval.py'), 'utf8');
    const rows = [...text.matchAll(/^\s+\[(.+?), \[(\('T1'.*)\]\],$/gm)];
    expect(rows).toHaveLength(18);
    for (const [, measure = '', values = ''] of rows) {
      const ours = (await evaluate(tests('cwl.qrels'), tests('cwl.run'), [measure])).get(measure);
      for (const [, topic = '', value] of values.matchAll(/\('(T\d)', ([\d.]+)\)/g))
        expect(ours?.get(topic), `${measure} ${topic}`).toBeCloseTo(Number(value), 4);
    }
  });

  it('test_compat.py', async () => {
    const ours = await evaluate(tests('compat.qrels'), tests('compat.run'), ['Compat(p=0.95)', 'Compat(p=0.8)']);
    expect(ours.get('Compat(p=0.95)')?.get('31_1')).toBeCloseTo(0.51779512165509, 9);
    expect(ours.get('Compat(p=0.95)')?.get('all')).toBeCloseTo(0.268097611, 9);
    expect(ours.get('Compat(p=0.8)')?.get('31_2')).toBeCloseTo(0.00022806427320561776, 9);
  });
});
