import { z } from 'zod';

const ranked = z.array(
  z.object({ index: z.int().nonnegative(), relevance_score: z.number().optional(), score: z.number().optional() }),
);
const replySchema = z.union([
  z.object({ scores: z.array(z.number()) }),
  z.object({ results: ranked }), // Cohere, Jina, vLLM
  z.object({ data: ranked }), // Voyage
  ranked, // text-embeddings-inference
]);

/**
 * The scores of a reply, in the order of the documents: `{scores: [..]}`, or `{results: [{index, relevance_score}]}` and
 * its relatives.
 *
 * @throws Error saying what is wrong with the reply: not every document exactly once, or a score that is none.
 */
export function scoresOf(reply: unknown, count: number): number[] {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) throw new Error('expected {"results": [{"index", "relevance_score"}]} or {"scores": [..]}');
  const { data } = parsed;
  const scores =
    'scores' in data ? data.scores : byIndex('results' in data ? data.results : 'data' in data ? data.data : data);
  if (scores.length !== count) throw new Error(`expected ${count} scores, received ${scores.length}`);
  for (let index = 0; index < count; index++)
    if (scores[index] === undefined) throw new Error(`expected a score for document ${index}`);
  return scores;
}

function byIndex(results: z.output<typeof ranked>): number[] {
  const scores: number[] = [];
  for (const { index, relevance_score, score = relevance_score } of results) {
    if (scores[index] !== undefined) throw new Error(`received two scores for document ${index}`);
    if (score !== undefined) scores[index] = score;
  }
  return scores;
}
