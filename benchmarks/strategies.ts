/**
 * How often the rules ask back where they should, and see a contradiction where there is one: precision and recall on the
 * hand-written cases of benchmarks/strategies.
 *
 *   npx tsx benchmarks/strategies.ts [--misses]
 */
import './said-errors.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { contradicts } from '../src/answer-meaning.js';
import { wilsonInterval } from '../src/evaluation/wilson-interval.js';
import { readingsOf } from '../src/reward/readings.js';
import { unnamedReadings } from '../src/reward/unnamed-readings.js';

const { values } = parseArgs({ options: { misses: { type: 'boolean', default: false }, out: { type: 'string' } } });

const read = <T>(name: string): T[] =>
  readFileSync(new URL(`strategies/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

interface Outcome {
  said: boolean;
  truth: boolean;
  what: string;
}

const ambiguity = read<{ query: string; titles: string[]; ambiguous: boolean }>('ambiguity').map(
  ({ query, titles, ambiguous }): Outcome => ({
    said:
      readingsOf(
        query,
        titles.map((title) => ({ title, documentId: title, text: '' })),
      ).length > 0,
    truth: ambiguous,
    what: `${query} ${titles.join(', ')}`,
  }),
);
/** Threshold and confidence of every passage that says nothing else: what they are is not measured here. */
const [THRESHOLD, SURE] = [0.7, 0.9];
const vague = read<{
  query: string;
  sources: { title: string; text: string; answer: string; confidence?: number }[];
  ambiguous: boolean;
}>('vague').map(({ query, sources, ambiguous }): Outcome => {
  const answering = sources.map((source) => ({ confidence: SURE, ...source, documentId: source.title }));
  return {
    said: readingsOf(query, answering).length > 0 || unnamedReadings(query, answering, THRESHOLD).length > 0,
    truth: ambiguous,
    what: `${query} ${sources.map(({ title, answer }) => `${title}: ${answer}`).join(', ')}`,
  };
});
const contradictions = read<{ answers: [string, string]; contradict: boolean }>('contradictions').map(
  ({ answers: [a, b], contradict }): Outcome => ({ said: contradicts(a, b), truth: contradict, what: `${a} / ${b}` }),
);

const results = Object.fromEntries(
  Object.entries({ ambiguity, vague, contradictions }).map(([name, outcomes]) => [name, measure(name, outcomes)]),
);
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);

function measure(name: string, outcomes: readonly Outcome[]) {
  const both = outcomes.filter(({ said, truth }) => said && truth).length;
  const precision = share(both, outcomes.filter(({ said }) => said).length);
  const recall = share(both, outcomes.filter(({ truth }) => truth).length);
  const text = ({ value, low, high, n }: ReturnType<typeof share>) =>
    `${(100 * value).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}, n ${n})`;
  console.log(`${name.padEnd(16)} precision ${text(precision)}, recall ${text(recall)}`);
  if (values.misses) {
    for (const { said, truth, what } of outcomes)
      if (said !== truth) console.log(`  ${said ? 'said' : 'missed'}: ${what}`);
  }
  return { precision, recall };
}

function share(part: number, n: number) {
  const { low, high } = wilsonInterval(part, n) ?? { low: 0, high: 1 };
  return { value: n === 0 ? 0 : part / n, low, high, n };
}
