import { byRank, type RankedDocument, type Run } from '../formats/run.js';
import { type Normalisation, normalise } from './normalise.js';

/**
 * - `rrf`: sum of weight / (k + rank), Cormack, Clarke and Büttcher 2009;
 * - `comb-sum`: sum of weight times normalised score, Fox and Shaw 1994;
 * - `comb-mnz`: that, times the number of runs that found the document;
 * - `borda`: sum of weight times points, n for the first of the n documents that any run found, n - 1 for the second and so
 *   on; what a run did not find shares the points that are left, Aslam and Montague 2001.
 */
export const FUSION_METHODS = ['rrf', 'comb-sum', 'comb-mnz', 'borda'] as const;
export type FusionMethod = (typeof FUSION_METHODS)[number];

export interface FusionOptions {
  method: FusionMethod;
  /** Of each run; 0 leaves one out. @default 1 each */
  weights?: readonly number[];
  /** Of `rrf`, above 0. @default 60 */
  k?: number;
  /** Of `comb-sum` and `comb-mnz`. @default 'min-max' */
  normalisation?: Normalisation;
  /** Documents to keep for each topic. @default 1000 */
  depth?: number;
}

/** The rankings of one topic, fused: best first, ties by descending id. A run without the topic gives an empty list. */
export function fuseRankings(
  rankings: readonly (readonly RankedDocument[])[],
  { method, weights = [], k = 60, normalisation = 'min-max', depth = 1000 }: FusionOptions,
): RankedDocument[] {
  const found = new Map<string, { score: number; runs: number }>();
  const points = method === 'borda' ? new Set(rankings.flatMap(idsOf)).size : 0;
  for (const [index, ranking] of rankings.entries()) {
    const weight = weights[index] ?? 1;
    if (weight === 0) continue;
    for (const { documentId, score } of scored(ranking, { method, k, normalisation, points })) {
      const before = found.get(documentId);
      found.set(documentId, { score: (before?.score ?? 0) + weight * score, runs: (before?.runs ?? 0) + 1 });
    }
  }
  if (method === 'borda') addLeftPoints(rankings, weights, found, points);
  const fused = Array.from(found, ([documentId, { score, runs }]) => ({
    documentId,
    score: method === 'comb-mnz' ? score * runs : score,
  }));
  return fused.sort(byRank).slice(0, depth);
}

function scored(
  ranking: readonly RankedDocument[],
  {
    method,
    k,
    normalisation,
    points,
  }: { method: FusionMethod; k: number; normalisation: Normalisation; points: number },
): readonly RankedDocument[] {
  if (method === 'rrf') return ranking.map(({ documentId }, rank) => ({ documentId, score: 1 / (k + rank + 1) }));
  if (method === 'borda') return ranking.map(({ documentId }, rank) => ({ documentId, score: points - rank }));
  return normalise(ranking, normalisation);
}

/** What a run did not find shares the points that its own documents leave. */
function addLeftPoints(
  rankings: readonly (readonly RankedDocument[])[],
  weights: readonly number[],
  found: Map<string, { score: number; runs: number }>,
  points: number,
): void {
  for (const [index, ranking] of rankings.entries()) {
    const weight = weights[index] ?? 1;
    const own = new Set(idsOf(ranking));
    // The mean of 1, 2, … up to what is left.
    const share = (points - own.size + 1) / 2;
    for (const [documentId, entry] of found) if (!own.has(documentId)) entry.score += weight * share;
  }
}

const idsOf = (ranking: readonly RankedDocument[]) => ranking.map(({ documentId }) => documentId);

/** All topics that any of the runs has, in the order in which they come. */
export function topicsOf(runs: readonly Run[]): string[] {
  return [...new Set(runs.flatMap(({ topics }) => [...topics.keys()]))];
}

/** Whole runs, fused topic by topic. */
export function fuseRuns(runs: readonly Run[], options: FusionOptions, name: string = options.method): Run {
  const topics = topicsOf(runs).map((topic): [string, RankedDocument[]] => [
    topic,
    fuseRankings(
      runs.map((run) => run.topics.get(topic) ?? []),
      options,
    ),
  ]);
  return { name, topics: new Map(topics) };
}
