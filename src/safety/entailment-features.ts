import { normaliseText } from './text-features.js';

// What a quote and a claim share, in numbers. `training/rlhf/entailment_features.py` computes the same: change both and
// train anew.

const WORD = /[\p{L}\p{N}]+(?:[.,][0-9]+)*/gu;
/** A capital inside a sentence. */
const NAME = /(?<![.!?:"“(] )(?<!^)\b[A-Z][\w'-]*[a-z][\w'-]*/g;
const NEGATION =
  /\b(?:not|no|never|none|neither|nor|without|cannot|nobody|nothing|\w+n't|failed to|unable to|lack|lacks|lacked)\b/;
const PERSONAL =
  /\b(?:i|my|me|we|you|your|think|guess|maybe|probably|love|favou?rite|wow|yeah|yes|great|sure|agree)\b/g;
const OPPOSITES = (
  'first last,more less,most least,north south,east west,northern southern,eastern western,before after,increase decrease,' +
  'increased decreased,rose fell,won lost,male female,highest lowest,larger smaller,largest smallest,oldest youngest,' +
  'older younger,always never,above below,best worst,early late,open closed,high low,old new,left right,began ended,' +
  'start end,majority minority,maximum minimum,upper lower'
)
  .split(',')
  .map((pair) => pair.split(' '));
/** SQuAD's question words and other small ones; those of `training/rlhf/squad.py`. */
const STOP_WORDS = new Set(
  (
    'a an the of in on at to for from by with and or is are was were be been did do does what which who whom whose when ' +
    'where why how many much that this it its as had has have name there into their his her he she they after before'
  ).split(' '),
);
const STEM_LETTERS = 5;
const MIN_LETTERS = 3;
/** Characters of a quote that are read. */
const MAX_QUOTE = 6_000;
/** Words of a claim that count as many. */
const MANY_WORDS = 12;
const MANY_MISSING = 6;
const MANY_PERSONAL = 3;

export const ENTAILMENT_FEATURES = [
  'coverage',
  'missing',
  'whole',
  'numbersMissing',
  'namesMissing',
  'pairs',
  'opposite',
  'denied',
  'length',
  'missingWords',
  'personal',
] as const;

/** Shares in 0..1, and 0 or 1. */
export type EntailmentFeatures = Record<(typeof ENTAILMENT_FEATURES)[number], number>;

export function entailmentFeatures(quote: string, claim: string): EntailmentFeatures {
  const known = stemsOf(quote);
  const said = stemsOf(claim);
  const inside = new Set(known);
  const unique = new Set(said);
  const numbers = new Set([...unique].filter(isNumber));
  const names = namesOf(claim);
  const pairs = pairsOf(said);
  const plainClaim = normaliseText(claim, MAX_QUOTE);
  const plainQuote = normaliseText(quote, MAX_QUOTE);
  const coverage = share(unique, inside);
  return {
    coverage,
    missing: Number(unique.size > 0 && coverage === 0),
    whole: Number(coverage === 1),
    numbersMissing: numbers.size > 0 ? 1 - share(numbers, inside) : 0,
    namesMissing: names.size > 0 ? 1 - share(names, inside) : 0,
    pairs: pairs.size > 0 ? share(pairs, pairsOf(known)) : coverage,
    opposite: Number(turnsRound(plainQuote, plainClaim)),
    denied: Number(NEGATION.test(plainClaim) !== NEGATION.test(plainQuote)),
    length: Math.min(1, unique.size / MANY_WORDS),
    missingWords: Math.min(1, [...unique].filter((word) => !inside.has(word)).length / MANY_MISSING),
    personal: Math.min(1, (plainClaim.match(PERSONAL) ?? []).length / MANY_PERSONAL),
  };
}

const isNumber = (word: string) => /^\p{Nd}/u.test(word);

/** Words that tell something, in order, cut to their beginning; numbers whole, without commas. */
function stemsOf(text: string): string[] {
  const words = (normaliseText(text, MAX_QUOTE).match(WORD) ?? []).map((word) => word.replaceAll(',', ''));
  return words
    .filter((word) => !STOP_WORDS.has(word) && (isNumber(word) || [...word].length >= MIN_LETTERS))
    .map((word) => (isNumber(word) ? word : cut(word)));
}

function namesOf(claim: string): Set<string> {
  const names = (claim.match(NAME) ?? []).filter((name) => name.length >= MIN_LETTERS);
  return new Set(
    names
      .map((name) => name.toLowerCase())
      .filter((name) => !STOP_WORDS.has(name))
      .map(cut),
  );
}

const cut = (word: string) => [...word].slice(0, STEM_LETTERS).join('');

const pairsOf = (words: readonly string[]) => new Set(words.slice(1).map((word, at) => `${words[at]} ${word}`));

/** One says north where the other says south, and neither says both. */
function turnsRound(quote: string, claim: string): boolean {
  const quoted = new Set(quote.split(' '));
  const claimed = new Set(claim.split(' '));
  return OPPOSITES.some(
    (pair) =>
      pair.some((word) => quoted.has(word)) &&
      pair.some((word) => claimed.has(word)) &&
      !pair.some((word) => quoted.has(word) && claimed.has(word)),
  );
}

function share(some: ReadonlySet<string>, all: ReadonlySet<string>): number {
  return some.size === 0 ? 1 : [...some].filter((word) => all.has(word)).length / some.size;
}
