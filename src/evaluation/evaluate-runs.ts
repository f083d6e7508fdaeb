import { type JudgeRunOptions, judgeRun, type RunSummary } from './judge-run.js';
import { type JudgedRanking, type Judgements, judgedRanking } from './judgements.js';
import type { ParsedMeasure } from './measures/ranking/parse-measure.js';

/** A run file and the name it goes by. */
export interface RunFile {
  name: string;
  path: string;
}

export interface EvaluateOptions extends JudgeRunOptions {
  /**
   * What becomes of a judged topic that a run does not have. `zero`: it counts as an empty ranking, mostly 0, as in
   * ir_measures and `trec_eval -c`; `skip`: the run's means leave it out, as in trec_eval without `-c`.
   *
   * @default 'zero'
   */
  missing?: 'zero' | 'skip';
}

/** The values of one measure for one run. */
export interface MeasureValues {
  /** By topic, in the order of the qrels; `NaN` where there is none. */
  perTopic: Float64Array;
  /** Over the topics that have a value: the mean, or the sum for counts. `null` without any. */
  mean: number | null;
}

/** A run, evaluated. */
export interface EvaluatedRun {
  name: string;
  path: string;
  summary: RunSummary;
  /** Judged topics that the run does not have. */
  missingTopics: string[];
  /** In the order of the measures. */
  values: MeasureValues[];
}

/** Evaluates one run with all measures, reading its file once. */
export async function evaluateRun(
  { name, path }: RunFile,
  judgements: Judgements,
  measures: readonly ParsedMeasure[],
  { missing = 'zero', depth }: EvaluateOptions = {},
): Promise<EvaluatedRun> {
  const { topics } = judgements;
  const perTopic = measures.map(() => new Float64Array(topics.length).fill(Number.NaN));
  const seen = new Uint8Array(topics.length);
  const evaluate = (topic: number, ranking: JudgedRanking) => {
    for (let index = 0; index < measures.length; index++)
      (perTopic[index] as Float64Array)[topic] = (measures[index] as ParsedMeasure).topic(ranking) ?? Number.NaN;
  };
  const visit = (topic: number, ranking: JudgedRanking) => {
    seen[topic] = 1;
    evaluate(topic, ranking);
  };
  const summary = await judgeRun(path, judgements, visit, { depth });
  const missingTopics: string[] = [];
  for (const [index, topic] of topics.entries()) {
    if (seen[index] === 1) continue;
    missingTopics.push(topic.topic);
    if (missing === 'zero') evaluate(index, judgedRanking(topic, new Int32Array(0)));
  }
  const values = measures.map(({ aggregate }, index) => {
    const own = perTopic[index] as Float64Array;
    return { perTopic: own, mean: aggregateOf(own, aggregate) };
  });
  return { name, path, summary, missingTopics, values };
}

function aggregateOf(values: Float64Array, how: 'mean' | 'sum'): number | null {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  if (count === 0) return null;
  return how === 'sum' ? sum : sum / count;
}
