import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { EvaluateOptions } from '../../../src/evaluation/evaluate-runs.js';
import { trecEvalNames } from '../../../src/evaluation/measures/ranking/trec-eval-names.js';
import { evaluate, GOLDEN, missingGolden } from './evaluate.js';

/** What trec_eval's own tests expect: file, qrels, run, relevance level (-l), other options, gains of `ndcg`. */
const CASES: [output: string, qrels: string, run: string, rel?: number, options?: EvaluateOptions, gains?: string][] = [
  ['out.test', 'qrels.test', 'results.test'],
  ['out.test', 'qrels.test.with-comments', 'results.test'],
  ['out.comment.test', 'qrels.comment.test', 'results.comment.test'],
  ['out.test.a', 'qrels.test', 'results.test'],
  ['out.test.aq', 'qrels.test', 'results.test'],
  ['out.test.aqc', 'qrels.test', 'results.trunc', 1, { missing: 'zero' }],
  ['out.test.aqcM', 'qrels.test', 'results.trunc', 1, { missing: 'zero', depth: 100 }],
  ['out.test.aql', 'qrels.rel_level', 'results.test', 2],
  ['out.test.meas_params', 'qrels.test', 'results.test', 1, {}, '{1:3,2:9,4:4.5}'],
];

/** Measures of trec_eval that ir_measures has no name for; neither have we. */
const OTHERS =
  /^(runid|gm_|Rprec_mult|utility|11pt_avg|binG|G$|ndcg_rel|Rndcg|relative_P|num_nonrel|rbp_resid|unj_|relstring|num_q)/;

/** The name in ir_measures, with the relevance level where the measure has one. */
function measureName(name: string, rel: number, gains?: string): string {
  const ours = trecEvalNames(name) ?? name;
  if (gains && name.startsWith('ndcg_1=')) return `nDCG(gains=${gains})`;
  if (rel === 1 || /^(nDCG|NumRet|RBP)/.test(ours)) return ours;
  const [base = '', at] = ours.split('@');
  return `${base}(rel=${rel})${at === undefined ? '' : `@${at}`}`;
}

describe.skipIf(missingGolden)(`the golden files of trec_eval${missingGolden ? ` (${missingGolden})` : ''}`, () => {
  it.each(CASES)('%s: %s, %s', async (output, qrels, run, rel = 1, options = {}, gains = undefined) => {
    const at = (name: string) => `${GOLDEN}trec_eval/test/${name}`;
    const lines = (await readFile(at(output), 'utf8')).trim().split('\n');
    const expected = lines
      .map((line) => line.split('\t').map((field) => field.trim()))
      .flatMap(([name = '', topic = '', value = '']) =>
        OTHERS.test(name) ? [] : [{ name: measureName(name, rel, gains), topic, value: Number(value) }],
      );
    expect(expected.length).toBeGreaterThan(25);
    const names = [...new Set(expected.map(({ name }) => name))];
    const ours = await evaluate(at(qrels), at(run), names, options);
    const wrong = expected.filter(
      ({ name, topic, value }) => !(Math.abs((ours.get(name)?.get(topic) ?? Number.NaN) - value) <= 0.5001e-4),
    );
    expect(wrong.map((one) => ({ ...one, ours: ours.get(one.name)?.get(one.topic) }))).toEqual([]);
  });
});
