import { editDistance } from '../edit-distance.js';

/** How near a word must be. */
export interface Nearness {
  /** Most edits. */
  fuzziness: number;
  /** Characters at the front that must be the same. */
  prefixLength: number;
  /** Most words, the nearest ones. */
  limit: number;
}

/** Those of `known` that are near one of `words`, nearest first; of equally near ones the first of `known`. */
export function nearWords(
  words: readonly string[],
  known: Iterable<string>,
  { fuzziness, prefixLength, limit }: Nearness,
): string[] {
  const prefixes = words.map((word) => word.slice(0, prefixLength));
  const editsOf = (word: string) => {
    const asked = words.filter((_, index) => word.startsWith(prefixes[index] ?? ''));
    return Math.min(fuzziness + 1, ...asked.map((one) => editDistance(one, word, fuzziness)));
  };
  return [...known]
    .map((word) => ({ word, edits: editsOf(word) }))
    .filter(({ edits }) => edits <= fuzziness)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, limit)
    .map(({ word }) => word);
}
