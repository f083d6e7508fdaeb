import type { RankedDocument, Run } from '../formats/run.js';
import { type Judgements, judgedRanking, type TopicJudgements } from '../judgements.js';
import type { ParsedMeasure } from '../measures/ranking/parse-measure.js';
import { shuffled } from '../random.js';
import { type FusionMethod, type FusionOptions, fuseRankings, topicsOf } from './fuse-runs.js';
import type { Normalisation } from './normalise.js';

export interface TuneOptions {
  /** @default all methods */
  methods?: readonly FusionMethod[];
  /** Settings of one method: values tried for `k` of rrf. @default [1, 10, 30, 60, 100, 200] */
  ks?: readonly number[];
  /** @default ['min-max', 'z-score'] */
  normalisations?: readonly Normalisation[];
  /** Weights are tried in such steps from 0 to 1; they add up to 1. @default 0.2 for two runs, else 0.25 */
  weightStep?: number;
  /** Weightings to try instead of a grid; `undefined` = 1 each. */
  weightings?: readonly (readonly number[] | undefined)[];
  /**
   * What the judgements name, of what the runs rank, such as the document of a passage: a fused ranking counts each unit
   * once, at its best place. @default the same
   */
  unitOf?(documentId: string): string;
  /** @default 5, fewer where there are fewer topics */
  folds?: number;
  /** How topics are dealt to the folds. @default 1 */
  seed?: number;
  /** Documents kept for each topic. @default 1000 */
  depth?: number;
}

/** What tuning found. */
export interface TunedFusion {
  /** Best settings over all judged topics: what to use from now on. */
  options: FusionOptions;
  /** Mean over the judged topics with the settings above. Chosen on the same topics, so it is too good. */
  fittedMean: number;
  /** Mean over the judged topics, each with the settings that were best on the other folds: what to expect of new topics. */
  crossValidatedMean: number;
  /** Of each fold: the settings chosen on the others, and their mean on its topics. */
  folds: { options: FusionOptions; topics: string[]; mean: number }[];
  /** Held-out rankings: each judged topic fused with the settings of its fold, others with the best over all. */
  run: Run;
  /** Of each judged topic: its value with the settings of its fold. */
  heldOut: Map<string, number>;
  /** How many settings were tried. */
  tried: number;
}

/**
 * Finds method, parameter and weights by grid search, with k-fold cross-validation over the judged topics, so that no
 * topic's figure comes from settings that saw it. Of equal settings the first counts, in the order of the grid: simpler ones
 * come first.
 */
export function tuneFusion(
  runs: readonly Run[],
  judgements: Judgements,
  measure: ParsedMeasure,
  options: TuneOptions = {},
): TunedFusion {
  const { seed = 1, depth = 1000 } = options;
  const grid = settingsGrid(runs.length, options).map((one) => ({ ...one, depth }));
  const rankingsOf = (topic: string) => runs.map((run) => run.topics.get(topic) ?? []);
  const topics = judgements.topics.map((topic) => ({ topic, rankings: rankingsOf(topic.topic) }));
  // Values by setting, then topic.
  const values = grid.map((settings) =>
    Float64Array.from(
      topics,
      ({ topic, rankings }) => measure.topic(judge(topic, unitsOf(fuseRankings(rankings, settings), options))) ?? 0,
    ),
  );
  const everyTopic = topics.map((_, index) => index);
  const best = bestSettings(values, everyTopic);
  const foldCount = Math.max(1, Math.min(options.folds ?? 5, topics.length));
  const dealt = shuffled(everyTopic, seed);
  const chosen = new Map<string, FusionOptions>();
  const heldOut = new Map<string, number>();
  let held = 0;
  const folds = Array.from({ length: foldCount }, (_, fold) => {
    const own = dealt.filter((_, position) => position % foldCount === fold).sort((a, b) => a - b);
    const others = foldCount === 1 ? own : everyTopic.filter((topic) => !own.includes(topic));
    const settings = bestSettings(values, others);
    const mean = meanAt(values[settings] as Float64Array, own);
    held += mean * own.length;
    const names = own.map((index) => topics[index]?.topic.topic as string);
    for (const [place, name] of names.entries()) {
      chosen.set(name, grid[settings] as FusionOptions);
      heldOut.set(name, values[settings]?.[own[place] as number] ?? 0);
    }
    return { options: grid[settings] as FusionOptions, topics: names, mean };
  });
  const overall = grid[best] as FusionOptions;
  const fused = topicsOf(runs).map((topic): [string, RankedDocument[]] => [
    topic,
    fuseRankings(rankingsOf(topic), chosen.get(topic) ?? overall),
  ]);
  return {
    options: overall,
    fittedMean: meanAt(values[best] as Float64Array, everyTopic),
    crossValidatedMean: held / topics.length,
    folds,
    run: { name: 'fused', topics: new Map(fused) },
    heldOut,
    tried: grid.length,
  };
}

function judge(topic: TopicJudgements, units: readonly string[]) {
  const numbers = numbersOf(topic);
  return judgedRanking(
    topic,
    Int32Array.from(units, (unit) => numbers.get(unit) ?? -1),
  );
}

function unitsOf(fused: readonly RankedDocument[], { unitOf }: TuneOptions): string[] {
  const ids = fused.map(({ documentId }) => documentId);
  return unitOf ? [...new Set(ids.map(unitOf))] : ids;
}

const known = new WeakMap<TopicJudgements, Map<string, number>>();

function numbersOf(topic: TopicJudgements): Map<string, number> {
  let numbers = known.get(topic);
  if (!numbers) {
    numbers = new Map(
      Array.from({ length: topic.documents.size }, (_, number) => [topic.documents.text(number), number]),
    );
    known.set(topic, numbers);
  }
  return numbers;
}

function bestSettings(values: readonly Float64Array[], topics: readonly number[]): number {
  let [best, bestMean] = [0, Number.NEGATIVE_INFINITY];
  for (const [index, own] of values.entries()) {
    const mean = meanAt(own, topics);
    // Not by rounding alone: settings that do the same differ in the last bits.
    if (mean > bestMean + 1e-9) [best, bestMean] = [index, mean];
  }
  return best;
}

function meanAt(values: Float64Array, topics: readonly number[]): number {
  if (topics.length === 0) return 0;
  return topics.reduce((sum, topic) => sum + (values[topic] as number), 0) / topics.length;
}

function settingsGrid(runs: number, options: TuneOptions): FusionOptions[] {
  const {
    methods = ['rrf', 'comb-sum', 'comb-mnz', 'borda'],
    ks = [60, 1, 10, 30, 100, 200],
    normalisations = ['min-max', 'z-score'],
    weightStep = runs === 2 ? 0.2 : 0.25,
  } = options;
  const weightings = options.weightings ?? [undefined, ...simplex(runs, Math.round(1 / weightStep))];
  return methods.flatMap((method) => {
    const variants: Partial<FusionOptions>[] =
      method === 'rrf'
        ? ks.map((k) => ({ k }))
        : method === 'borda'
          ? [{}]
          : normalisations.map((one) => ({ normalisation: one }));
    return variants.flatMap((variant) =>
      weightings.map((weights) => ({ method, ...variant, ...(weights ? { weights } : {}) })),
    );
  });
}

/** All ways to deal `steps` equal parts of 1 to the runs. */
function simplex(runs: number, steps: number): number[][] {
  const deal = (left: number, places: number): number[][] =>
    places === 1
      ? [[left]]
      : Array.from({ length: left + 1 }, (_, first) => first).flatMap((first) =>
          deal(left - first, places - 1).map((rest) => [first, ...rest]),
        );
  return deal(steps, runs).map((parts) => parts.map((part) => part / steps));
}
