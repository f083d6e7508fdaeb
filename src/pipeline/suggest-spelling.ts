import { likelyMeant, type NearWordIn, nearestWord, otherSpellings, respelt, unknownWords } from '../query/spelling.js';
import type { Query, ScoredPassage } from '../types.js';
import type { PipelineParts } from './parts.js';

/** Passages with similar words that are read for each unknown one. */
const PASSAGES = 50;

/**
 * The query with unknown words replaced by near ones that stand in passages the caller may see and were most likely meant;
 * `null` when every word is known or nothing is likely.
 *
 * @param found What was found for the query.
 */
export async function suggestSpelling(
  { passages: source, isWord }: Pick<PipelineParts, 'passages' | 'isWord'>,
  query: Query,
  found: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<string | null> {
  const byWords = found.flatMap(({ passage, bm25Score }) => (bm25Score === undefined ? [] : [passage]));
  const unknown = source.similar ? unknownWords(query.text, byWords, isWord) : [];
  const near = new Map<string, NearWordIn | null>();
  for (const word of unknown) {
    const similar = (await source.similar?.({ ...query, text: word }, otherSpellings(word), PASSAGES, signal)) ?? [];
    const passages = similar.map(({ passage }) => passage);
    const nearest = nearestWord(word, passages);
    near.set(word, nearest && { ...nearest, passages });
  }
  const replacements = likelyMeant(query.text, near, isWord);
  return replacements.size > 0 ? respelt(query.text, replacements) : null;
}
