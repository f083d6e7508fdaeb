import type { Passage } from '../types.js';

/** What a person asked for by signs instead of words. */
export interface Operators {
  /** The query without them; quoted words stay, without their quotes. Never empty. */
  text: string;
  /** Must stand in title or text of a passage, word after word. */
  phrases: string[];
  /** Words (or, in quotes, phrases) that must not. */
  excluded: string[];
  /** Of `after:` and `before:`, ISO 8601 days, months or years. */
  dateFrom?: string;
  dateTo?: string;
}

/** The signs, read from left to right in one pass: inside of quotation marks `-word` and `after:` are words like any others. */
const SIGNS = (() => {
  const quoted = '["“”„«»「」『』]([^"“”„«»「」『』]+)["“”«»「」『』]';
  const excluded = `(?<=^|\\s)-(?:${quoted}|(\\p{L}[\\p{L}\\p{M}\\p{N}'’_-]*))(?=$|\\s)`;
  const dated = '(?<=^|\\s)(after|before):(\\d{4}(?:-\\d{2}(?:-\\d{2})?)?)(?=$|\\s)';
  return new RegExp(`${excluded}|${dated}|${quoted}`, 'giu');
})();

/**
 * Quoted phrases, `-word`, `after:2024-05-01` and `before:2024`. A query that would have no word left is taken as it is: a
 * person who types only `-x` looks for it.
 */
export function readOperators(query: string): Operators {
  const excluded: string[] = [];
  const phrases: string[] = [];
  const dates: Pick<Operators, 'dateFrom' | 'dateTo'> = {};
  const text = query
    .replace(SIGNS, (_, notPhrase?: string, notWord?: string, side?: string, date?: string, phrase = '') => {
      if (side !== undefined) dates[side.toLowerCase() === 'after' ? 'dateFrom' : 'dateTo'] = date;
      else if (notPhrase ?? notWord) excluded.push((notPhrase ?? notWord ?? '').trim());
      else if (wordsOf(phrase)) phrases.push(phrase.trim());
      return ` ${phrase} `;
    })
    .replace(/\s+/g, ' ')
    .trim();
  if (!wordsOf(text)) return { text: query, phrases: [], excluded: [] };
  return { text, phrases, excluded: excluded.filter(wordsOf), ...dates };
}

/** Does a passage have all phrases and none of what is excluded? Case, accents' composition and punctuation do not count. */
export function satisfies(
  { title, headings = [], text }: Passage,
  { phrases, excluded }: { phrases: readonly string[]; excluded: readonly string[] },
): boolean {
  if (phrases.length === 0 && excluded.length === 0) return true;
  const fields = [title, ...headings, text].map((field) => ` ${wordsOf(field)} `);
  const isThere = (words: string) => {
    const wanted = wordsOf(words);
    // Scripts without spaces have no borders between words.
    const framed = UNSPACED.test(wanted) ? wanted : ` ${wanted} `;
    return fields.some((field) => field.includes(framed));
  };
  return phrases.every(isThere) && !excluded.some(isThere);
}

const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

const wordsOf = (text: string) =>
  (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  ).join(' ');
