import { UNSPACED } from './text-size.js';

const TERM = new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, 'gu');
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u');

/**
 * The terms a text is found by, in lower case and separated by blanks, for an engine that splits at white space: words
 * without punctuation, and for scripts without spaces each character and each pair of neighbours. A pair finds words of
 * any length without a dictionary, so index and query cannot disagree about where a word ends.
 */
export function indexTerms(text: string): string {
  return terms(text, (run) => [...run, ...pairs(run)]);
}

/** As `indexTerms`, for a query: single characters only where one stands alone, since they match nearly everything. */
export function queryTerms(text: string): string {
  return terms(text, (run) => (run.length > 1 ? pairs(run) : run));
}

const pairs = (run: readonly string[]) => run.slice(1).map((character, index) => `${run[index]}${character}`);

function terms(text: string, ofRun: (run: string[]) => string[]): string {
  // Compatibility forms are made one (full-width letters, ligatures); a possessive is the word itself.
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’]s\b/g, '')
    .replace(/(?<=\p{L})['’](?=\p{L})/gu, '');
  return [...plain.matchAll(TERM)].flatMap(([term]) => (IS_UNSPACED.test(term) ? ofRun([...term]) : [term])).join(' ');
}
