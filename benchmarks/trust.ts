/**
 * How far answers can be trusted: one table, figures, and benchmarks/results/trust.json.
 *
 *   npm run eval:trust -- --ask --minutes 20      asks what is not recorded yet, again and again until all is
 *   npm run eval:trust -- --natural records.jsonl --adversarial … --clapnq … --quotesum … --guards safety.json
 *
 * A set is a records file of `candor eval answers --records`, or the figures of its `--json`. benchmarks/README.md says how the
 * sets are made. What is not given is not measured: its figures are `null` with n = 0.
 */
import './said-errors.js';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { interruptible } from '../src/cli/interruptible.js';
import { configWith } from '../src/cli/options.js';
import { queryGroupOf } from '../src/cli/query-group.js';
import { chosenAnew } from '../src/cli/record-answer.js';
import { ServiceError } from '../src/errors.js';
import { type AnswerRecord, readRecords } from '../src/evaluation/answer-record.js';
import { reliabilityFigure, riskCoverageFigure } from '../src/evaluation/report/confidence-figures.js';
import { writeFigure } from '../src/evaluation/report/figure-file.js';
import { loadSentenceSplitter } from '../src/retrieval/sentences.js';
import { parseCalibrator } from '../src/reward/calibrator.js';
import { type ConfidenceFeatures, confidenceOf } from '../src/reward/confidence.js';
import { calibratorFor } from '../src/reward/query-group.js';
import { askSet } from './ask-sets.js';
import { attackCases, heldBackKinds, readAttackOutcomes, tryAttacks } from './attack-trials.js';
import {
  answerFiguresSchema,
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
  type TrustSource,
  toCase,
  trustMetrics,
} from './trust-metrics.js';

const PARTS = [...TRUST_SETS, 'attacks'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    natural: { type: 'string' },
    adversarial: { type: 'string' },
    clapnq: { type: 'string' },
    quotesum: { type: 'string' },
    /** What `npm run eval:safety -- --json FILE` wrote. Default: the newest one among the results. */
    guards: { type: 'string' },
    /** Computes confidences and threshold anew instead of taking the recorded ones. */
    calibrator: { type: 'string' },
    out: { type: 'string', default: 'benchmarks/results/trust.json' },
    figures: { type: 'string', default: 'benchmarks/results/trust' },
    /** Outcomes of questions whose passage is under attack; without them `attackSuccess` is that of --guards. */
    attacks: { type: 'string' },
    /** Asks what is not recorded yet, before the report. */
    ask: { type: 'boolean', default: false },
    /** What --ask asks; the report is of all that is there. */
    parts: { type: 'string', default: PARTS.join(',') },
    /** --ask stops after so many minutes; the next one goes on. */
    minutes: { type: 'string' },
    /** Questions of each part, those that are recorded included. Default: all, and 100 under attack. */
    limit: { type: 'string' },
    seed: { type: 'string', default: '1' },
    /** Of an answer; 120,000 is the most. */
    'deadline-ms': { type: 'string', default: '120000' },
    /** Corpora, questions, indexes; records are kept here unless they are named. */
    sets: { type: 'string', default: 'benchmarks/sets' },
    /** The public data sets, for the attacks. */
    data: { type: 'string', default: '../shared/data' },
  },
});

const recordsOf = (part: Part) => values[part] ?? join(values.sets, `records.${part}.jsonl`);
const share = z.number().nullable();
const figureSchema = z.object({ value: share, low: share, high: share, n: z.number() });
const guardsSchema = z.object({ metrics: z.object({ attackSuccess: figureSchema, harmlessBlocked: figureSchema }) });

if (values.ask) await askParts();
const sources = Object.fromEntries(
  await Promise.all(TRUST_SETS.map(async (set) => [set, await readSource(set)] as const)),
) as Record<TrustSet, TrustSource>;
const cases = Object.fromEntries(
  TRUST_SETS.map((set) => {
    const source = sources[set];
    return [set, 'refusals' in source ? [] : source];
  }),
) as Record<TrustSet, readonly TrustCase[]>;
const attacked = (await readAttackOutcomes(recordsOf('attacks'))).map(({ guarded }) => guarded);
const guards = {
  ...(await readGuards(values.guards ?? newestGuards())),
  ...(attacked.length > 0 && { attackSuccess: shareFigure(attacked) }),
};
const metrics = trustMetrics(sources, guards);
if (TRUST_METRICS.every((name) => metrics[name].n === 0)) {
  console.error('Nothing is there to report; nothing was written.');
  process.exit(2);
}

await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify({ metrics }, null, 2)}\n`);
await draw(values.figures);
print();

async function askParts(): Promise<void> {
  const parts = values.parts.split(',').map((name) => {
    const part = PARTS.find((each) => each === name.trim());
    if (part) return part;
    throw new ServiceError('invalid-request', { message: `--parts: expected some of ${PARTS}, got "${name}".` });
  });
  const named = parts.find((part) => part !== 'attacks' && values[part]?.endsWith('.json'));
  if (named) {
    const message = `--${named} names figures: they cannot be gone on with. Name records, or leave it out of --parts.`;
    throw new ServiceError('invalid-request', { message });
  }
  const time = numberOf('minutes') === undefined ? null : AbortSignal.timeout((numberOf('minutes') ?? 0) * 60_000);
  await interruptible(async (stopped) => {
    const signal = time ? AbortSignal.any([stopped, time]) : stopped;
    for (const part of parts) {
      try {
        await askPart(part, signal);
      } catch (error) {
        if (!time?.aborted) throw error;
        console.error(`${part}: the time is over. The same command goes on with what is recorded.`);
        return;
      }
    }
  }, 'The same command goes on with what is recorded.');
}

async function askPart(part: Part, signal: AbortSignal): Promise<void> {
  const [records, limit, seed] = [recordsOf(part), numberOf('limit'), numberOf('seed') ?? 1];
  const { sets, data } = values;
  await mkdir(dirname(records), { recursive: true });
  if (part !== 'attacks')
    return await askSet(part, { sets, records, limit, seed, deadlineMs: numberOf('deadline-ms') ?? 120_000, signal });
  const { promptsDir, modelsDir, safety } = configWith({});
  const split = await loadSentenceSplitter(promptsDir);
  const heldBack = await heldBackKinds(join(modelsDir, safety.models.passage));
  const all = attackCases(data, { count: limit ?? 100, seed, heldBack, split });
  await tryAttacks(all, { dir: join(sets, `attacks-${seed}`), records, signal });
}

function numberOf(name: 'minutes' | 'limit' | 'seed' | 'deadline-ms'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (Number(text) > 0) return Number(text);
  throw new ServiceError('invalid-request', { message: `--${name}: expected a number above 0, got "${text}".` });
}

/** The latest `<date>-safety.json` of the results. */
function newestGuards(): string {
  const dir = 'benchmarks/results';
  const found = existsSync(dir) ? readdirSync(dir).filter((name) => /^[\d-]+-safety\.json$/.test(name)) : [];
  return join(dir, found.sort().at(-1) ?? 'safety.json');
}

/** Records as cases, or figures as they are. */
async function readSource(set: TrustSet): Promise<TrustSource> {
  const path = recordsOf(set);
  if (!path.endsWith('.json')) return await readCases(path);
  const parsed = answerFiguresSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const message = `${path}: expected records, or the figures of candor eval answers --json.`;
  throw new ServiceError('invalid-request', { message, cause: parsed.error });
}

async function readCases(path: string): Promise<TrustCase[]> {
  if (!existsSync(path)) {
    console.error(`${path} is not there: its figures are left out. candor eval answers --records makes it.`);
    return [];
  }
  const calibrator =
    values.calibrator === undefined
      ? null
      : parseCalibrator(await readFile(values.calibrator, 'utf8'), values.calibrator);
  const records = await readRecords(path);
  if (!calibrator) return records.map((record) => toCase(record));
  const again = ({ question, features }: AnswerRecord) => {
    if (features === null) return null;
    const own = calibratorFor(calibrator, queryGroupOf(question));
    return {
      confidence: confidenceOf(features as unknown as ConfidenceFeatures, own),
      minConfidence: own.minConfidence,
    };
  };
  return records.map((record) => toCase(chosenAnew(record), again));
}

async function readGuards(path: string) {
  if (existsSync(path)) {
    console.error(`guards: ${path}`);
    return guardsSchema.parse(JSON.parse(await readFile(path, 'utf8'))).metrics;
  }
  console.error(`${path} is not there: attackSuccess and harmlessBlocked are left out.`);
  return {};
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
