import { ServiceError } from '../errors.js';
import { readQrels } from '../evaluation/formats/qrels.js';
import { type Run, readRun, writeRun } from '../evaluation/formats/run.js';
import { type FusionMethod, type FusionOptions, fuseRankings, topicsOf } from '../evaluation/fusion/fuse-runs.js';
import type { Normalisation } from '../evaluation/fusion/normalise.js';
import { type TunedFusion, tuneFusion } from '../evaluation/fusion/tune-fusion.js';
import { prepareJudgements } from '../evaluation/judgements.js';
import { parseMeasure } from '../evaluation/measures/ranking/parse-measure.js';
import { runFiles } from './eval-runs.js';

export interface FuseOptions {
  runs: string[];
  output: string;
  method: FusionMethod;
  weights?: number[];
  k: number;
  normalisation: Normalisation;
  depth: number;
  tag?: string;
  tune?: string;
  qrels?: string;
  folds: number;
  seed: number;
}

/** `candor fuse`. */
export async function fuseFiles(options: FuseOptions): Promise<void> {
  const { weights, tag, output, tune, qrels } = options;
  const files = runFiles(options.runs);
  const invalid = (message: string) => new ServiceError('invalid-request', { message });
  if (files.length < 2) throw invalid('--runs: expected two runs or more to fuse, found one.');
  if (weights && weights.length !== files.length)
    throw invalid(`--weights: expected ${files.length}, one for each run, found ${weights.length}.`);
  if (weights?.every((weight) => weight === 0)) throw invalid('--weights: expected one above 0.');
  if (tune !== undefined && qrels === undefined) throw invalid('--tune needs --qrels, to judge the settings by.');
  const measure = tune === undefined ? null : parseMeasure(tune);
  const judgements = qrels === undefined ? null : prepareJudgements(await readQrels(qrels));
  const runs: Run[] = [];
  for (const { name, path } of files) runs.push(await readRun(path, name));
  if (!measure || !judgements) {
    await writeRun(output, fusedTopics(runs, options), tag ?? options.method);
    console.error(`${output}: ${topicsOf(runs).length} topics, ${describe(options, runs)}`);
    return;
  }
  const tuned = tuneFusion(runs, judgements, measure, options);
  await writeRun(output, tuned.run.topics, tag ?? 'fused');
  console.error(`${output}: ${tuned.run.topics.size} topics, each fused with settings that did not see it`);
  console.log(tunedText(tuned, measure.name, runs));
}

function* fusedTopics(
  runs: readonly Run[],
  options: FusionOptions,
): Generator<[string, ReturnType<typeof fuseRankings>]> {
  for (const topic of topicsOf(runs))
    yield [
      topic,
      fuseRankings(
        runs.map((run) => run.topics.get(topic) ?? []),
        options,
      ),
    ];
}

function tunedText(
  { options, fittedMean, crossValidatedMean, folds, tried }: TunedFusion,
  measure: string,
  runs: readonly Run[],
): string {
  return [
    `${measure} ${crossValidatedMean.toFixed(4)} on topics held out (${folds.length} folds, ${tried} settings tried)`,
    `${measure} ${fittedMean.toFixed(4)} with the settings that are best on all of them, which is too good to expect:`,
    `  ${describe(options, runs)}`,
    ...folds.map(
      ({ options: own, topics, mean }, fold) =>
        `fold ${fold + 1}: ${mean.toFixed(4)} on ${topics.length} topics with ${describe(own, runs)}`,
    ),
  ].join('\n');
}

/** As options of the command line, to be used again. */
function describe({ method, k, normalisation, weights }: FusionOptions, runs: readonly Run[]): string {
  const parameter =
    method === 'rrf' ? ` --k ${k ?? 60}` : method === 'borda' ? '' : ` --normalisation ${normalisation ?? 'min-max'}`;
  const own = weights ? ` --weights ${weights.join(' ')} (${runs.map(({ name }) => name).join(', ')})` : '';
  return `--method ${method}${parameter}${own}`;
}
