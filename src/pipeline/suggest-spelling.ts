import { nearestWord, otherSpellings, respelt, unknownWords } from '../query/spelling.js';
import type { Query, ScoredPassage } from '../types.js';
import type { PassageSource } from './parts.js';

/** Passages with similar words that are read for each unknown one. */
const PASSAGES = 50;

/**
 * The query with its unknown words replaced by near ones that stand in passages the caller may see; `null` when every word is
 * known or nothing is near.
 *
 * @param found What was found for the query.
 */
export async function suggestSpelling(
  source: PassageSource,
  query: Query,
  found: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<string | null> {
  const byWords = found.flatMap(({ passage, bm25Score }) => (bm25Score === undefined ? [] : [passage]));
  const unknown = source.similar ? unknownWords(query.text, byWords) : [];
  const replacements = new Map<string, string>();
  for (const word of unknown) {
    const near = (await source.similar?.({ ...query, text: word }, otherSpellings(word), PASSAGES, signal)) ?? [];
    const better = nearestWord(
      word,
      near.map(({ passage }) => passage),
    );
    if (better !== null) replacements.set(word, better);
  }
  return replacements.size > 0 ? respelt(query.text, replacements) : null;
}
