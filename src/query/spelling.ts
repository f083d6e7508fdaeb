import { editDistance } from '../edit-distance.js';
import type { Passage } from '../types.js';
import { soundAlikes, soundOf } from './sound-alikes.js';

/** Shorter words have too many neighbours. */
const MIN_LETTERS = 4;
/** From this length on two edits are one slip. */
const LONG_LETTERS = 8;
/** Words of one query that are looked at. */
export const MAX_UNKNOWN = 3;

const WORD = /[\p{L}\p{M}]+/gu;
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * Words of a query that stand in none of the passages that were found by words: a rare word that the index has would be in
 * them. Numbers, short words and scripts without spaces are passed over, and so are words that people write often: they are
 * right, the index only does not have them.
 *
 * @param isWord Does a word, in lower case, stand in some list of words? @default none does
 */
export function unknownWords(
  query: string,
  found: readonly Passage[],
  isWord: (word: string) => boolean = () => false,
): string[] {
  const asked = new Set(wordsOf(query));
  const rare = [...asked].filter(
    (word) =>
      lettersOf(word) >= MIN_LETTERS && !UNSPACED.test(word) && !isWord(word) && !isWord(word.replace(ENDING, '')),
  );
  if (rare.length === 0) return [];
  const texts = found.map(({ title, text }) => fold(`${title}\n${text}`));
  // A query has few words and its passages thousands: these are not taken apart.
  return rare.filter((word) => !texts.some((text) => hasForm(text, word))).slice(0, MAX_UNKNOWN);
}

/** What an unknown word may be besides a near word with the same first letter, which the index finds by itself. */
export function otherSpellings(unknown: string): string[] {
  const [first = '', second = '', ...rest] = [...unknown];
  return [[second, first, ...rest].join(''), ...soundAlikes(unknown)];
}

/** A word that an unknown one may mean. */
export interface NearWord {
  /** In lower case. */
  word: string;
  /** Letters put in, left out, changed or exchanged; 0.5 when it sounds the same. */
  edits: number;
  /** Passages that have it, of those that were read. */
  count: number;
}

/** Same sound: more likely meant than a word with another letter. */
const SOUND_EDITS = 0.5;
/** Spellings of one word differ by no more letters than this. */
const MAX_SOUND_LETTERS = 3;

/**
 * The word of some passages that an unknown word most likely means: one that sounds the same, then the fewest edits (one, or
 * two from eight letters on), then in the most passages, then the first by alphabet; `null` when none is near. What the index
 * does not show to the caller is not among the passages, so a suggestion tells nothing of it.
 */
export function nearestWord(unknown: string, passages: readonly Passage[]): NearWord | null {
  const most = lettersOf(unknown) >= LONG_LETTERS ? 2 : 1;
  const alikes = [unknown, ...soundAlikes(unknown)];
  const sounds = new Set(alikes.map(soundOf));
  const beginnings = new Set(alikes.map((word) => word.charAt(0)));
  // Most words are told apart by their first letter: a key for each would take longer than everything else.
  const soundsSame = (word: string) =>
    beginnings.has(word.charAt(0)) &&
    Math.abs(word.length - unknown.length) <= MAX_SOUND_LETTERS &&
    sounds.has(soundOf(word));
  const counts = new Map<string, number>();
  for (const passage of passages) for (const word of wordsIn(passage)) counts.set(word, (counts.get(word) ?? 0) + 1);
  let best = null as NearWord | null;
  for (const [word, count] of counts) {
    if (lettersOf(word) < MIN_LETTERS || word === unknown) continue;
    const edits = soundsSame(word) ? SOUND_EDITS : editDistance(unknown, word, most);
    if (edits > most) continue;
    const isBetter =
      !best ||
      edits < best.edits ||
      (edits === best.edits && (count > best.count || (count === best.count && word < best.word)));
    if (isBetter) best = { word, edits, count };
  }
  return best;
}

/** A near word, and the passages with words like the unknown one. */
export interface NearWordIn extends NearWord {
  passages: readonly Passage[];
}

/** More of the passages than this share have a word: it says nothing about what they have in common. */
const COMMON_SHARE = 0.1;
/** Of fewer passages nothing is rare. */
const FEW_PASSAGES = 10;

/**
 * Those near words that were most likely meant, by unknown word. Most words that an index does not have are right, names above
 * all (`Ulan Bator`), and nearly all have a neighbour. A near word counts when one passage has it together with another telling
 * word of the query; without that only when it is one edit away (or sounds the same), the only unknown word, not written as a
 * name, and no rarity: in two passages, or in the list of words.
 *
 * @param near By unknown word.
 */
export function likelyMeant(
  query: string,
  near: ReadonlyMap<string, NearWordIn | null>,
  isWord: (word: string) => boolean = () => false,
): Map<string, string> {
  const likely = new Map<string, string>();
  const names = namesOf(query);
  const asked = [...new Set(wordsOf(query))].filter((word) => lettersOf(word) >= MIN_LETTERS);
  for (const [unknown, found] of near) {
    if (!found) continue;
    const others = asked.flatMap((word) => (word === unknown ? [] : [near.get(word)?.word ?? word]));
    const isLikely =
      isAmong(found, others) ||
      (found.edits <= 1 &&
        near.size === 1 &&
        !names.has(unknown) &&
        (found.count > 1 || found.passages.length < FEW_PASSAGES || isWord(found.word)));
    if (isLikely) likely.set(unknown, found.word);
  }
  return likely;
}

/** Has a passage the word and one of the others that is not common? */
function isAmong({ word, passages }: NearWordIn, others: readonly string[]): boolean {
  const texts = passages.map(wordsIn);
  const most = Math.max(1, COMMON_SHARE * texts.length);
  const telling = others.filter((other) => other !== word && texts.filter((words) => words.has(other)).length <= most);
  return texts.some((words) => words.has(word) && telling.some((other) => words.has(other)));
}

/** Words with a capital that does not come from the beginning of the query. */
function namesOf(query: string): Set<string> {
  const words = query.match(WORD) ?? [];
  const isCapital = words.map((word) => /^\p{Lu}/u.test(word));
  return new Set(words.filter((_, at) => isCapital[at] && (at > 0 || isCapital[1])).map(fold));
}

/** The query with some of its words replaced; everything else stays as it was typed. */
export function respelt(query: string, replacements: ReadonlyMap<string, string>): string {
  return query.replace(WORD, (word) => {
    const better = replacements.get(fold(word));
    if (better === undefined) return word;
    return /^\p{Lu}/u.test(word) ? better.charAt(0).toUpperCase() + better.slice(1) : better;
  });
}

/** Endings of English that a search engine takes away: a form of a known word is known. */
const ENDING = /(?:ing|ed|es|ly|s|e|d)$/;
const REST_OF_WORD = /(?:ing|ed|es|ly|s|e|d)?(?![\p{L}\p{M}])/uy;
const ENDS_IN_LETTER = /[\p{L}\p{M}]$/u;

/** Does a word stand in a folded text in any of its forms? */
function hasForm(text: string, word: string): boolean {
  const stem = word.replace(ENDING, '');
  // The engine's own search is many times faster than an expression that looks behind itself at every letter.
  for (let at = text.indexOf(stem); at >= 0; at = text.indexOf(stem, at + 1)) {
    REST_OF_WORD.lastIndex = at + stem.length;
    if (REST_OF_WORD.test(text) && !ENDS_IN_LETTER.test(text.slice(Math.max(0, at - 2), at))) return true;
  }
  return false;
}

const fold = (word: string) => word.normalize('NFKC').toLowerCase();
const lettersOf = (word: string) => [...word].length;
const wordsOf = (text: string): string[] => (text.match(WORD) ?? []).map(fold);
const wordsIn = ({ title, text }: Passage): Set<string> => new Set(wordsOf(`${title}\n${text}`));
