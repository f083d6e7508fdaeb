import type { EvaluatedRun } from './evaluate-runs.js';
import type { Judgements } from './judgements.js';
import type { ParsedMeasure } from './measures/ranking/parse-measure.js';
import { holm } from './significance/holm.js';
import { drawResamples, type Interval, meanInterval } from './significance/mean-interval.js';
import { randomisationTest } from './significance/randomisation.js';
import { meanOfValues, pairedTTest, squaredDeviations } from './significance/t-test.js';
import { tukeyHsd } from './significance/tukey-hsd.js';
import { wilcoxonTest } from './significance/wilcoxon.js';

/** A test with its p-value, and that after Holm's adjustment over the comparisons of the same measure. */
export interface AdjustedTest {
  statistic: number | null;
  pValue: number;
  holmPValue: number;
}

export interface TopicChange {
  topic: string;
  baseline: number;
  run: number;
  difference: number;
}

/** A run against another one in one measure, over the topics for which both have a value. */
export interface Comparison {
  baseline: string;
  run: string;
  measure: string;
  /** How many topics. */
  topics: number;
  /** Mean of the run minus mean of the baseline. */
  difference: number;
  /** Its 95 % interval: paired percentile bootstrap. */
  interval: Interval;
  /** Mean difference in standard deviations of the differences; `null` without spread. */
  effectSize: number | null;
  tTest: AdjustedTest;
  wilcoxon: AdjustedTest;
  randomisation: AdjustedTest;
  /** Tukey's HSD over all runs; `null` for fewer than three. */
  tukeyPValue: number | null;
  /** Topics on which the run is better, equal, worse. */
  wins: number;
  ties: number;
  losses: number;
  /** The topics that changed most, at most ten, greatest change first. */
  mostChanged: TopicChange[];
}

export interface CompareOptions {
  /** Name of the run the others are compared with. Absent: every run with every earlier one. */
  baseline?: string;
  /** Random exchanges of the randomisation test. @default 10000 */
  permutations?: number;
  /** Bootstrap resamples. @default 2000 */
  resamples?: number;
  /** @default 1 */
  seed?: number;
}

const MOST_CHANGED = 10;

/** All comparisons, measure after measure. Counts (`NumRet` and the like) are not compared. */
export function compareRuns(
  runs: readonly EvaluatedRun[],
  measures: readonly ParsedMeasure[],
  judgements: Judgements,
  options: CompareOptions = {},
): Comparison[] {
  const { permutations = 10_000, resamples = 2_000, seed = 1 } = options;
  const pairs = pairsOf(runs, options.baseline);
  const drawn = new Map<number, Uint8Array>();
  const resamplesOf = (topics: number) => {
    let counts = drawn.get(topics);
    if (!counts) {
      counts = drawResamples(topics, resamples, seed);
      drawn.set(topics, counts);
    }
    return counts;
  };
  return measures.flatMap(({ name: measure, aggregate }, index) => {
    if (aggregate === 'sum') return [];
    const values = runs.map((run) => run.values[index]?.perTopic as Float64Array);
    const complete = commonTopics(values);
    const tukey = runs.length > 2 ? tukeyHsd(values.map((own) => pick(own, complete))) : null;
    const compared = pairs.map(([base, other]) => {
      const [ofBase, ofRun] = [values[base] as Float64Array, values[other] as Float64Array];
      const topics = commonTopics([ofBase, ofRun]);
      const differences = Float64Array.from(topics, (topic) => (ofRun[topic] as number) - (ofBase[topic] as number));
      return {
        baseline: runs[base]?.name as string,
        run: runs[other]?.name as string,
        measure,
        ...summarise(differences, () => resamplesOf(topics.length)),
        tTest: pairedTTest(differences),
        wilcoxon: wilcoxonTest(differences),
        randomisation: { statistic: null, pValue: randomisationTest(differences, permutations, seed) },
        tukeyPValue: tukey?.(base, other) ?? null,
        mostChanged: mostChanged(topics, ofBase, ofRun, judgements),
      };
    });
    const adjust = (test: 'tTest' | 'wilcoxon' | 'randomisation') => holm(compared.map((one) => one[test].pValue));
    const [t, w, r] = [adjust('tTest'), adjust('wilcoxon'), adjust('randomisation')];
    return compared.map((one, at) => ({
      ...one,
      tTest: { ...one.tTest, holmPValue: t[at] as number },
      wilcoxon: { ...one.wilcoxon, holmPValue: w[at] as number },
      randomisation: { ...one.randomisation, holmPValue: r[at] as number },
    }));
  });
}

function pairsOf(runs: readonly EvaluatedRun[], baseline?: string): [number, number][] {
  const base = runs.findIndex(({ name }) => name === baseline);
  if (base >= 0) return runs.flatMap((_, other): [number, number][] => (other === base ? [] : [[base, other]]));
  return runs.flatMap((_, other) => runs.slice(0, other).map((_, first): [number, number] => [first, other]));
}

/** Topics for which all have a value. */
function commonTopics(values: readonly Float64Array[]): Int32Array {
  const all = Int32Array.from(values[0]?.keys() ?? []);
  return all.filter((topic) => values.every((own) => !Number.isNaN(own[topic])));
}

const pick = (values: Float64Array, topics: Int32Array) =>
  Float64Array.from(topics, (topic) => values[topic] as number);

/** Differences below this are rounding, not change. */
const EQUAL = 1e-9;

function summarise(differences: Float64Array, resamples: () => Uint8Array) {
  const topics = differences.length;
  if (topics === 0)
    return { topics, difference: 0, interval: { low: 0, high: 0 }, effectSize: null, wins: 0, ties: 0, losses: 0 };
  const difference = meanOfValues(differences);
  const deviation = topics > 1 ? Math.sqrt(squaredDeviations(differences, difference) / (topics - 1)) : 0;
  const wins = differences.filter((one) => one > EQUAL).length;
  const losses = differences.filter((one) => one < -EQUAL).length;
  return {
    topics,
    difference,
    interval: meanInterval(differences, resamples()),
    effectSize: deviation === 0 ? null : difference / deviation,
    wins,
    ties: topics - wins - losses,
    losses,
  };
}

function mostChanged(
  topics: Int32Array,
  baseline: Float64Array,
  run: Float64Array,
  judgements: Judgements,
): TopicChange[] {
  const change = (topic: number) => (run[topic] as number) - (baseline[topic] as number);
  return Array.from(topics)
    .filter((topic) => Math.abs(change(topic)) > EQUAL)
    .sort((a, b) => Math.abs(change(b)) - Math.abs(change(a)))
    .slice(0, MOST_CHANGED)
    .map((topic) => ({
      topic: judgements.topics[topic]?.topic as string,
      baseline: baseline[topic] as number,
      run: run[topic] as number,
      difference: change(topic),
    }));
}
