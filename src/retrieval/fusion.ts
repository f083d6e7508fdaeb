import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ServiceError } from '../errors.js';
import type { ScoredPassage } from '../types.js';

const weights = z
  .strictObject({ lexical: z.number().min(0), dense: z.number().min(0) })
  .refine(({ lexical, dense }) => lexical + dense > 0, 'expected one above 0');

const settingsSchema = z.discriminatedUnion('method', [
  z.object({
    /** Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): sum of weight / (k + rank), rank from 1. */
    method: z.literal('rrf'),
    /** Dampens the top ranks, above 0. */
    k: z.number().positive(),
    weights: weights.default({ lexical: 1, dense: 1 }),
  }),
  z.object({
    /** Sum of weight times normalised score (Fox and Shaw 1994); what a list lacks adds 0. */
    method: z.literal('comb-sum'),
    /** `min-max`: 0 for the worst of a list to 1 for the best; `z-score`: standard deviations from the mean. */
    normalisation: z.enum(['min-max', 'z-score']),
    weights,
  }),
]);

/** How lists become one. Weights count relative to each other. */
export type FusionSettings = z.output<typeof settingsSchema>;

export const DEFAULT_FUSION: FusionSettings = { method: 'rrf', k: 60, weights: { lexical: 1, dense: 1 } };

/**
 * Reads the settings that `candor tune` has written.
 *
 * @throws ServiceError `invalid-config`, naming the file.
 */
export async function readFusionSettings(path: string): Promise<FusionSettings> {
  try {
    return settingsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    const message = `CANDOR_FUSION_FILE: ${path}: expected what candor tune writes: ${reason}`;
    throw new ServiceError('invalid-config', { message, cause });
  }
}

/** What one back end found, best first. */
export interface RankedList {
  kind: 'lexical' | 'dense';
  passages: readonly ScoredPassage[];
}

/**
 * Several lists as one. Descending `fusedScore`; equal ones are ordered by the better rank, then by passage id. A passage
 * keeps the scores of every list that has it; within one list only its first place counts.
 */
export function fuse(lists: readonly RankedList[], settings: FusionSettings = DEFAULT_FUSION): ScoredPassage[] {
  const merged = new Map<string, { found: ScoredPassage; score: number; bestRank: number }>();
  for (const { kind, passages } of lists) {
    const scoreAt = scoring(kind, passages, settings);
    const seen = new Set<string>();
    for (const [index, found] of passages.entries()) {
      const { id } = found.passage;
      if (seen.has(id)) continue;
      seen.add(id);
      const rank = index + 1;
      const before = merged.get(id);
      merged.set(id, {
        found: { ...before?.found, ...found },
        score: (before?.score ?? 0) + settings.weights[kind] * scoreAt(found, rank),
        bestRank: Math.min(before?.bestRank ?? rank, rank),
      });
    }
  }
  return [...merged.values()]
    .sort((a, b) => b.score - a.score || a.bestRank - b.bestRank || (a.found.passage.id < b.found.passage.id ? -1 : 1))
    .map(({ found, score }) => ({ ...found, fusedScore: score }));
}

/**
 * As `fuse`, at most the last of `limits`. What the lists give when they are cut to a smaller limit comes first, in that order: a
 * longer result begins with the shorter one, so that pages stay what they are when a later one is asked for.
 *
 * @param limits Ascending, at least one.
 */
export function fuseInStages(
  lists: readonly RankedList[],
  limits: readonly number[],
  settings: FusionSettings = DEFAULT_FUSION,
): ScoredPassage[] {
  const placed = new Map<string, ScoredPassage>();
  for (const limit of limits) {
    const cut = lists.map(({ kind, passages }) => ({ kind, passages: passages.slice(0, limit) }));
    for (const found of fuse(cut, settings)) {
      if (placed.size >= limit) break;
      if (!placed.has(found.passage.id)) placed.set(found.passage.id, found);
    }
  }
  return [...placed.values()];
}

function scoring(kind: RankedList['kind'], passages: readonly ScoredPassage[], settings: FusionSettings) {
  if (settings.method === 'rrf') return (_: ScoredPassage, rank: number) => 1 / (settings.k + rank);
  const scoreOf = ({ bm25Score, denseScore }: ScoredPassage) => (kind === 'lexical' ? bm25Score : denseScore) ?? 0;
  const scores = passages.map(scoreOf);
  if (settings.normalisation === 'min-max') {
    const [lowest, highest] = [Math.min(...scores), Math.max(...scores)];
    return (one: ScoredPassage) => (highest === lowest ? 1 : (scoreOf(one) - lowest) / (highest - lowest));
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
  return (one: ScoredPassage) => (deviation === 0 ? 0 : (scoreOf(one) - mean) / deviation);
}
