/**
 * How far answers can be trusted: one table, figures, and benchmarks/results/trust.json.
 *
 *   npm run eval:trust -- --natural records.jsonl --adversarial records.jsonl --clapnq … --quotesum … --guards safety.json
 *
 * Record files come from `candor eval answers --records`; benchmarks/README.md says how the sets are made. What is not given
 * is not measured: its figures are `null` with n = 0.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { queryGroupOf } from '../src/cli/query-group.js';
import { type AnswerRecord, readRecords } from '../src/evaluation/answer-record.js';
import { reliabilityFigure, riskCoverageFigure } from '../src/evaluation/report/confidence-figures.js';
import { writeFigure } from '../src/evaluation/report/figure-file.js';
import { parseCalibrator } from '../src/reward/calibrator.js';
import { confidenceFeatures, confidenceOf } from '../src/reward/confidence.js';
import { calibratorFor } from '../src/reward/query-group.js';
import { selectAnswer } from '../src/reward/select-answer.js';
import {
  aurcBy,
  boundTrials,
  coverageAt,
  ece,
  figure,
  hasAnswer,
  isAnswerable,
  shareFigure,
  shownOnUnanswerable,
  TRUST_METRICS,
  TRUST_SETS,
  type TrustCase,
  type TrustFigure,
  type TrustSet,
  toCase,
  trustMetrics,
} from './trust-metrics.js';

const { values } = parseArgs({
  options: {
    natural: { type: 'string', default: 'benchmarks/sets/records.natural.jsonl' },
    adversarial: { type: 'string', default: 'benchmarks/sets/records.adversarial.jsonl' },
    clapnq: { type: 'string', default: 'benchmarks/sets/records.clapnq.jsonl' },
    quotesum: { type: 'string', default: 'benchmarks/sets/records.quotesum.jsonl' },
    /** What `npm run eval:safety -- --json FILE` wrote. */
    guards: { type: 'string', default: 'benchmarks/results/safety.json' },
    /** Computes confidences and threshold anew instead of taking the recorded ones. */
    calibrator: { type: 'string' },
    out: { type: 'string', default: 'benchmarks/results/trust.json' },
    figures: { type: 'string', default: 'benchmarks/results/trust' },
  },
});

const share = z.number().nullable();
const figureSchema = z.object({ value: share, low: share, high: share, n: z.number() });
const guardsSchema = z.object({ metrics: z.object({ attackSuccess: figureSchema, harmlessBlocked: figureSchema }) });

const cases = Object.fromEntries(
  await Promise.all(TRUST_SETS.map(async (set) => [set, await readCases(values[set])] as const)),
) as Record<TrustSet, TrustCase[]>;
const guards = await readGuards(values.guards);
const metrics = trustMetrics(cases, guards);

await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify({ metrics }, null, 2)}\n`);
await draw(values.figures);
print();

async function readCases(path: string): Promise<TrustCase[]> {
  if (!existsSync(path)) {
    console.error(`${path} is not there: its figures are left out. candor eval answers --records makes it.`);
    return [];
  }
  const calibrator =
    values.calibrator === undefined
      ? null
      : parseCalibrator(await readFile(values.calibrator, 'utf8'), values.calibrator);
  const again = (record: AnswerRecord) => {
    const top = selectAnswer(record.candidates);
    if (!calibrator || !top) return null;
    const features = confidenceFeatures(top, record.candidates, new Map(Object.entries(record.relevanceScores)));
    const own = calibratorFor(calibrator, queryGroupOf(record.question));
    return { confidence: confidenceOf(features, own), minConfidence: own.minConfidence };
  };
  return (await readRecords(path)).map((record) => toCase(record, calibrator ? again : undefined));
}

async function readGuards(path: string) {
  if (existsSync(path)) return guardsSchema.parse(JSON.parse(await readFile(path, 'utf8'))).metrics;
  console.error(`${path} is not there: attackSuccess and harmlessBlocked are left out.`);
  return null;
}

async function draw(dir: string): Promise<void> {
  for (const set of TRUST_SETS) {
    const answers = cases[set].flatMap(({ answer }) => answer ?? []);
    if (answers.length === 0) continue;
    const by = (score: 'reward' | 'relevance' | 'meanLogprob') =>
      answers.map((answer) => ({ confidence: answer[score], right: answer.right }));
    await writeFigure(dir, `reliability-${set}`, reliabilityFigure(answers, `Reliability, ${set}`));
    const curves = [
      { name: 'confidence', answers },
      { name: 'reranker score', answers: by('relevance') },
      { name: 'mean log-probability', answers: by('meanLogprob') },
      { name: 'reward', answers: by('reward') },
    ];
    await writeFigure(dir, `risk-coverage-${set}`, riskCoverageFigure(curves, `Risk and coverage, ${set}`));
  }
}

function print(): void {
  const line = (name: string, { value, low, high, n }: TrustFigure) => {
    const percent = (share: number | null) => (share === null ? '-' : (100 * share).toFixed(1));
    console.log(`${name.padEnd(34)}${percent(value).padStart(7)}   ${percent(low)} to ${percent(high)}   (n ${n})`);
  };
  console.log('in %, with 95 % intervals\n');
  for (const name of TRUST_METRICS) line(name, metrics[name]);
  for (const targetPrecision of [0.9, 0.8, 0.7]) {
    const tried = boundTrials(cases.natural, { targetPrecision });
    const proven = tried.filter(({ supported }) => supported);
    console.log(
      `\n${100 * targetPrecision} % promised on 200 labels, natural: proven in ${proven.length} of ${tried.length} draws`,
    );
    line('  promise kept, of all draws', shareFigure(tried.map(({ held }) => held)));
    line('  promise kept, of the proven ones', shareFigure(proven.map(({ held }) => held)));
  }
  for (const set of TRUST_SETS) {
    if (cases[set].length === 0) continue;
    console.log(`\n${set}: area under the risk-coverage curve, by`);
    const area = (name: string, score: Parameters<typeof aurcBy>[0]) =>
      line(`  ${name}`, figure(cases[set], aurcBy(score), hasAnswer));
    area('confidence', 'confidence');
    area('reward', 'reward');
    area('reranker score', 'relevance');
    area('mean log-probability', 'meanLogprob');
    line(
      '  shown on unanswerable',
      figure(cases[set], shownOnUnanswerable, (one) => !one.answerable),
    );
    line('  coverage at 90 % precision', figure(cases[set], coverageAt(0.9), isAnswerable));
    line('  calibration error', figure(cases[set], ece, hasAnswer));
  }
  console.log(`\nwritten to ${values.out} and ${values.figures}`);
}
