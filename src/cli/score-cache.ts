import { createHash } from 'node:crypto';
import { access, open } from 'node:fs/promises';
import { z } from 'zod';
import { readJsonLines } from '../evaluation/json-lines.js';
import type { DocumentScorer, ScorableDocument } from '../ranking/document-scorer.js';
import { dropUnfinishedLine } from './record-file.js';

const lineSchema = z.object({ key: z.string(), scores: z.array(z.number()) });

export interface Scored {
  scores: number[];
  /** Asked now, not read from the file. */
  fresh: boolean;
}

/** Scores that were paid for once, by a hash of everything they depend on; in a file or for this run only. */
export interface ScoreCache {
  score(
    scorer: DocumentScorer,
    query: string,
    documents: readonly ScorableDocument[],
    signal: AbortSignal,
  ): Promise<Scored>;
  close(): Promise<void>;
}

/**
 * Opens a file of scores, or nothing to keep them in. Each list is written as soon as it is scored, so that a run that was
 * stopped goes on where it was. A hash covers model, query, title and text, so a file may serve many runs and corpora.
 *
 * @throws ServiceError naming file and line of a broken one.
 */
export async function openScoreCache(path: string | undefined): Promise<ScoreCache> {
  const known = new Map<string, number[]>();
  if (path !== undefined && (await exists(path))) {
    await dropUnfinishedLine(path);
    for await (const { key, scores } of readJsonLines(path, lineSchema, 'cached scores')) known.set(key, scores);
  }
  const file = path === undefined ? null : await open(path, 'a');
  const keep = async (entries: readonly (readonly [key: string, scores: number[]])[]) => {
    for (const [key, scores] of entries) known.set(key, scores);
    await file?.appendFile(entries.map(([key, scores]) => `${JSON.stringify({ key, scores })}\n`).join(''));
  };
  return {
    async score(scorer, query, documents, signal) {
      if (!scorer.pointwise) {
        const key = hashOf(scorer.modelId, query, documents);
        const found = known.get(key);
        if (found) return { scores: found, fresh: false };
        const scores = await scorer.score(query, documents, signal);
        await keep([[key, scores]]);
        return { scores, fresh: true };
      }
      const keys = documents.map((document) => hashOf(scorer.modelId, query, [document]));
      const isLeft = keys.map((key) => !known.has(key)); // Before the wait: another query may have the same text.
      const left = documents.filter((_, index) => isLeft[index]);
      if (left.length > 0) {
        const scores = await scorer.score(query, left, signal);
        const leftKeys = keys.filter((_, index) => isLeft[index]);
        await keep(leftKeys.map((key, index) => [key, [scores[index] ?? 0]] as const));
      }
      return { scores: keys.map((key) => known.get(key)?.[0] ?? 0), fresh: left.length === documents.length };
    },
    async close() {
      await file?.close();
    },
  };
}

const hashOf = (modelId: string, query: string, documents: readonly ScorableDocument[]) =>
  createHash('sha256')
    .update(JSON.stringify([modelId, query, documents.map(({ title, text }) => [title, text])]))
    .digest('hex');

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
