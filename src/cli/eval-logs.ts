import { writeFile } from 'node:fs/promises';
import type { ValueEstimate } from '../counterfactual/cluster-interval.js';
import { compareInterleaved, type InterleavingEstimate } from '../counterfactual/interleaving.js';
import { estimatePolicy, type LoggedRound, type OffPolicyEstimates } from '../counterfactual/off-policy.js';
import { estimateRanker, powerExamination, type RankingEstimates } from '../counterfactual/ranking-clicks.js';
import { ServiceError } from '../errors.js';
import { readRun } from '../evaluation/formats/run.js';
import { clickedPlaces, type DecisionLine, type PageLine, readLog } from '../evaluation/log-lines.js';
import { runFiles } from './eval-runs.js';

export interface EvaluateLogsOptions {
  log: string;
  runs?: string[];
  examination: string;
  depth: number;
  maxWeight?: number;
  json?: string;
}

/** What the log says, for people and for `--json`. */
type Report =
  | { kind: 'decisions'; policies: Record<string, OffPolicyEstimates> }
  | { kind: 'pages'; runs: Record<string, RankingEstimates & { queriesWithoutRanking: number }> }
  | { kind: 'interleaved'; result: InterleavingEstimate };

/** `candor eval logs`. */
export async function evaluateLogs(options: EvaluateLogsOptions): Promise<void> {
  const log = await readLog(options.log);
  if (options.runs !== undefined && log.kind !== 'pages')
    throw invalid(`--runs is for pages with clicks; ${options.log} holds ${log.kind}.`);
  const report: Report =
    log.kind === 'decisions'
      ? { kind: log.kind, policies: judgePolicies(log.lines, options) }
      : log.kind === 'pages'
        ? { kind: log.kind, runs: await judgeRankers(log.lines, options) }
        : { kind: log.kind, result: compareInterleaved(log.credits, log.clusters) };
  process.stdout.write(`${describe(report).join('\n')}\n`);
  if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

function judgePolicies(lines: readonly DecisionLine[], { log, maxWeight }: EvaluateLogsOptions) {
  const names = new Set(lines.flatMap(({ target }) => (typeof target === 'number' ? ['target'] : Object.keys(target))));
  const of = <T>(value: T | Record<string, T> | undefined, name: string): T | undefined =>
    typeof value === 'object' && value !== null ? (value as Record<string, T>)[name] : (value as T | undefined);
  return Object.fromEntries(
    [...names].map((name) => {
      const rounds = lines.map(({ target, predictedTarget, ...line }, index): LoggedRound => {
        const probability = of(target, name);
        if (probability === undefined) throw invalid(`${log}: decision ${index + 1} has no target of ${name}.`);
        return { ...line, target: probability, predictedTarget: of(predictedTarget, name) };
      });
      return [name, estimatePolicy(rounds, { maxWeight })];
    }),
  );
}

async function judgeRankers(lines: readonly PageLine[], { runs, depth, maxWeight, examination }: EvaluateLogsOptions) {
  if (runs === undefined) throw invalid('Pages with clicks need --runs FILE.., the rankings to be judged.');
  const look = examinationOf(examination);
  const found: Record<string, RankingEstimates & { queriesWithoutRanking: number }> = {};
  for (const { name, path } of runFiles(runs)) {
    const { topics } = await readRun(path, name);
    const impressions = lines.map((line) => ({
      shown: line.shown,
      clicked: new Set(clickedPlaces(line).map((place) => line.shown[place] as string)),
      target: (topics.get(line.query) ?? []).slice(0, depth).map(({ documentId }) => documentId),
      predicted: line.predicted && new Map(Object.entries(line.predicted)),
      cluster: line.cluster,
    }));
    const queriesWithoutRanking = new Set(lines.filter(({ query }) => !topics.has(query)).map(({ query }) => query))
      .size;
    found[name] = { ...estimateRanker(impressions, { examination: look, depth, maxWeight }), queriesWithoutRanking };
  }
  return found;
}

/** `power:ETA`, or the probabilities of ranks 1, 2, …; ranks behind the last have its probability. */
function examinationOf(text: string): (rank: number) => number {
  const [, eta] = /^power:(.+)$/.exec(text) ?? [];
  if (eta !== undefined && Number(eta) >= 0) return powerExamination(Number(eta));
  const looks = text.split(',').map(Number);
  if (looks.every((look) => look > 0 && look <= 1)) return (rank) => looks[Math.min(rank, looks.length) - 1] as number;
  throw invalid(`--examination: expected power:ETA or probabilities such as 1,0.6,0.4, received ${text}.`);
}

const invalid = (message: string) => new ServiceError('invalid-request', { message });

function describe(report: Report): string[] {
  if (report.kind === 'interleaved') return describeInterleaved(report.result);
  if (report.kind === 'pages')
    return Object.entries(report.runs).flatMap(([name, found]) => [
      `${name}: expected clicks on a page, from ${found.impressions} logged pages`,
      ...estimateLines(found),
      `  ${(100 * found.coverage).toFixed(1)} % of what its readers would look at was shown in the log` +
        (found.queriesWithoutRanking > 0 ? `; no ranking for ${found.queriesWithoutRanking} queries` : ''),
      ...(found.coverage < 0.8
        ? ['  warning: the log hardly shows what this ranker would; do not trust these figures']
        : []),
    ]);
  return Object.entries(report.policies).flatMap(([name, found]) => [
    `${name}: mean reward, from ${found.rounds} logged decisions`,
    ...estimateLines(found),
    `  worth ${found.effectiveRounds.toFixed(0)} decisions of its own; mean weight ${found.meanWeight.toFixed(3)} (1 is right), ` +
      `largest ${found.maxWeight.toFixed(1)}, ${(100 * found.cut).toFixed(1)} % cut`,
    ...(Math.abs(found.meanWeight - 1) > 0.2
      ? ['  warning: a mean weight far from 1 says that propensities are wrong, or the log lacks what the target does']
      : []),
  ]);
}

function estimateLines(found: Record<'logged' | 'ips' | 'snips' | 'dr', ValueEstimate | null>): string[] {
  const rows = [
    ['as logged', found.logged],
    ['IPS', found.ips],
    ['SNIPS', found.snips],
    ['DR', found.dr],
  ] as const;
  return rows
    .filter(([, estimate]) => estimate !== null)
    .map(([label, estimate]) => `  ${label.padEnd(12)}${interval(estimate as ValueEstimate)}`);
}

const interval = ({ value, low, high }: ValueEstimate) =>
  `${value.toFixed(4).padStart(8)}   95 % ${low.toFixed(4)} to ${high.toFixed(4)}`;

function describeInterleaved({ pages, aWins, bWins, ties, delta, signTestP }: InterleavingEstimate): string[] {
  const verdict =
    !delta || (delta.low <= 0 && delta.high >= 0)
      ? 'no difference shown'
      : delta.value > 0
        ? 'b is better'
        : 'a is better';
  return [
    `${pages} interleaved pages: a wins ${aWins}, b wins ${bWins}, ties ${ties}`,
    ...(delta ? [`  b's share above one half  ${interval(delta)}`] : []),
    `  sign test, two-sided: p = ${signTestP < 0.0001 ? '<0.0001' : signTestP.toFixed(4)}`,
    `  ${verdict}`,
  ];
}
