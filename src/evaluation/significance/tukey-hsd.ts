import { studentisedRangeTail } from './special-functions.js';
import { meanOfValues } from './t-test.js';

/**
 * Tukey's honestly significant differences of several runs on the same topics (Carterette 2012): the error is what a model of
 * run + topic leaves of the values, and the p-values hold for all pairs together.
 *
 * @param values Of each run, the values by topic.
 * @returns P-value for the runs at two positions.
 */
export function tukeyHsd(values: readonly Float64Array[]): (a: number, b: number) => number {
  const runs = values.length;
  const topics = values[0]?.length ?? 0;
  const degreesOfFreedom = (runs - 1) * (topics - 1);
  if (degreesOfFreedom < 1) return () => 1;
  const runMeans = values.map(meanOfValues);
  const topicMeans = Float64Array.from({ length: topics }, (_, topic) =>
    meanOfValues(values.map((own) => own[topic] as number)),
  );
  const grandMean = meanOfValues(topicMeans);
  let squares = 0;
  for (const [run, own] of values.entries())
    for (let topic = 0; topic < topics; topic++)
      squares += ((own[topic] as number) - (runMeans[run] as number) - (topicMeans[topic] as number) + grandMean) ** 2;
  const error = Math.sqrt(squares / degreesOfFreedom / topics);
  return (a, b) => {
    const difference = Math.abs((runMeans[a] as number) - (runMeans[b] as number));
    if (difference === 0) return 1;
    return error === 0 ? 0 : studentisedRangeTail(difference / error, runs, degreesOfFreedom);
  };
}
