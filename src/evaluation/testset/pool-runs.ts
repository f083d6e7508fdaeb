import type { Run } from '../formats/run.js';
import { shuffled } from '../random.js';

/** A document to be judged for a topic. */
export interface PooledDocument {
  topic: string;
  documentId: string;
}

export interface PoolOptions {
  /** First documents of each run. @default 10 */
  depth?: number;
  /** Which order. @default 1 */
  seed?: number;
  /** Documents that are judged already, by topic; they are left out. */
  judged?: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/**
 * The first documents of all runs, each once a topic, in an order that tells the judge neither rank nor run. Topics come in
 * the order of the first run that has them.
 */
export function poolRuns(runs: readonly Run[], { depth = 10, seed = 1, judged }: PoolOptions = {}): PooledDocument[] {
  const topics = new Set(runs.flatMap((run) => [...run.topics.keys()]));
  return [...topics].flatMap((topic, index) => {
    const pooled = new Set<string>();
    for (const run of runs) {
      for (const { documentId } of (run.topics.get(topic) ?? []).slice(0, depth)) pooled.add(documentId);
    }
    const left = [...pooled].filter((documentId) => !judged?.get(topic)?.has(documentId)).sort();
    return shuffled(left, seed + index).map((documentId) => ({ topic, documentId }));
  });
}
