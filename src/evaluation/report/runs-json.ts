import type { Comparison } from '../compare-runs.js';
import type { RunsReport } from './runs-report.js';

/** What `candor eval runs --json` writes. */
export interface RunsJson {
  runs: {
    name: string;
    measures: Record<string, { mean: number | null; perTopic: Record<string, number> }>;
  }[];
  comparisons: readonly Comparison[];
}

/** A topic for which a measure is not defined is not in its `perTopic`. */
export function runsJson({ runs, measures, topics, comparisons }: RunsReport): RunsJson {
  return {
    runs: runs.map(({ name, values }) => ({
      name,
      measures: Object.fromEntries(
        measures.map((measure, index) => {
          const { mean = null, perTopic = new Float64Array() } = values[index] ?? {};
          const entries = topics.flatMap((topic, at): [string, number][] => {
            const value = perTopic[at] as number;
            return Number.isNaN(value) ? [] : [[topic, value]];
          });
          return [measure.name, { mean, perTopic: Object.fromEntries(entries) }];
        }),
      ),
    })),
    comparisons,
  };
}
