import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.js';

/**
 * A random run with ties, negative grades, unjudged documents, topics without relevant documents, topics that only one
 * side has, and what ir_measures 0.4.3 (pytrec_eval, gdeval, pyndeval, cwl_eval, compat, accuracy, judged) and trec_eval
 * 10.0 (IPrec, RBP) say about it.
 */
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/evaluation/${name}`, import.meta.url));
const expected: Record<string, Record<string, { mean: number; perTopic: Record<string, number> }>> = JSON.parse(
  await readFile(fixture('expected.json'), 'utf8'),
);

/** ir_measures orders ties differently from provider to provider; where it is not trec_eval's way, there are none. */
const files: Record<string, [qrels: string, run: string]> = {
  random: ['random.qrels', 'random.run'],
  untied: ['random.qrels', 'untied.run'],
  diversity: ['diversity.qrels', 'untied.run'],
};

describe.each(Object.entries(expected))('%s', (kind, measures) => {
  const [qrels, run] = files[kind]!;
  it.each(Object.entries(measures))('%s', async (measure, { mean, perTopic }) => {
    const values = await evaluate(fixture(qrels), fixture(run), [measure]);
    const ours = values.get(measure)!;
    for (const [topic, value] of Object.entries(perTopic))
      expect(ours.get(topic), `topic ${topic}`).toBeCloseTo(value, 4);
    expect(ours.get('all')).toBeCloseTo(mean, 4);
  });
});
