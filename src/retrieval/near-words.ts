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

/** Letters that are put into a word, besides its own. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
/** A longer word is none. */
const MAX_LETTERS = 32;

/**
 * All strings one edit away from a word that begin with the same letter, an exchange of neighbours among the edits; most of them
 * are no words. About 50 for each letter.
 */
export function oneEditAway(word: string): string[] {
  const letters = [...word];
  if (letters.length > MAX_LETTERS) return [];
  const alphabet = new Set([...ALPHABET, ...letters]);
  const found = new Set<string>();
  for (let at = 1; at <= letters.length; at++) {
    const before = letters.slice(0, at).join('');
    const [here = '', next = ''] = letters.slice(at, at + 2);
    const after = letters.slice(at + 1).join('');
    found.add(before + after).add(before + next + here + letters.slice(at + 2).join(''));
    for (const letter of alphabet) found.add(before + letter + here + after).add(before + letter + after);
  }
  found.delete(word);
  return [...found];
}
