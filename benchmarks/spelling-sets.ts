import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { seededRandom, shuffled } from '../src/evaluation/random.js';

/** A query, and what it should become: `null` where every word of it is right. */
export interface SpellingCase {
  query: string;
  meant: string | null;
}

/** Rated well-formed by four of five people or more: few slips among them. */
const WELL_FORMED = 0.8;
/** Of the queries, those of one number are for choosing settings, of the other for the figures. */
const PARTS = ['dev', 'test'] as const;
export type SpellingPart = (typeof PARTS)[number];

const WORD = /[\p{L}\p{M}]+/gu;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const MIN_LETTERS = 4;
/** Words that more queries than these have, such as `which`, get no slip: most of the sets would be about them. */
const COMMON_SHARE = 0.01;

export interface SpellingSetOptions {
  /** Folder with `squad` and `query-wellformedness`: their train files. */
  data: string;
  /** Lines `slip->word`, as in the dictionary of codespell. */
  misspellings: string;
  /** Words of the index, in lower case. */
  vocabulary: ReadonlySet<string>;
  part: SpellingPart;
  seed: number;
  /** Of each set. */
  size: number;
}

/**
 * Queries in two kinds. In `listed` and `typed` every word was right and in the index until one of them got a slip that the index
 * does not have: one that people make, or one letter more, less, changed or exchanged. In `strangers` every word is right, and
 * at least one is not in the index.
 */
export function spellingSets({ data, misspellings, vocabulary, part, seed, size }: SpellingSetOptions) {
  const slips = slipsOf(misspellings);
  const isSlip = new Set([...slips.values()].flat());
  const queries = shuffled(readQueries(data), seed).filter((_, index) => PARTS[index % 2] === part);
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const known = queries.filter((query) => wordsOf(query).every((word) => vocabulary.has(word.toLowerCase())));
  const unknown = queries.filter((query) => wordsOf(query).some((word) => !vocabulary.has(word.toLowerCase())));
  const common = commonWords(queries);
  const withSlip = (slipOf: (word: string) => string | undefined) =>
    known.flatMap((query): SpellingCase[] => {
      const words = wordsOf(query).filter((word) => word.length >= MIN_LETTERS && !common.has(word.toLowerCase()));
      const word = words.length > 0 ? pick(words) : '';
      const slip = slipOf(word.toLowerCase());
      if (!slip || vocabulary.has(slip)) return [];
      return [{ query: query.replace(new RegExp(`\\b${word}\\b`, 'u'), sameCase(slip, word)), meant: query }];
    });
  return {
    listed: withSlip((word) => slips.get(word) && pick(slips.get(word) ?? [])).slice(0, size),
    typed: withSlip((word) => (word ? typed(word, pick) : undefined)).slice(0, size),
    strangers: unknown
      .filter((query) => wordsOf(query).every((word) => !isSlip.has(word.toLowerCase())))
      .slice(0, size)
      .map((query): SpellingCase => ({ query, meant: null })),
  };
}

/** As they stand in a text, one after the other. */
export const wordsOf = (text: string): readonly string[] => text.match(WORD) ?? [];

const sameCase = (slip: string, word: string) =>
  /^\p{Lu}/u.test(word) ? slip.charAt(0).toUpperCase() + slip.slice(1) : slip;

/** One slip of a hand behind the first letter. */
function typed(word: string, pick: <T>(items: readonly T[]) => T): string {
  const at = pick([...word].map((_, index) => index).slice(1));
  const [before, here, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)];
  const other = pick([...LETTERS].filter((letter) => letter !== here));
  return pick([
    before + after,
    before + other + after,
    before + other + here + after,
    before + here + here + after,
    word.slice(0, at - 1) + (at > 1 ? here + word.charAt(at - 1) : word.charAt(at - 1) + here + here) + after,
  ]);
}

/** Word to its slips. */
function slipsOf(path: string): Map<string, string[]> {
  const slips = new Map<string, string[]>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [slip = '', word = ''] = line.trim().split('->');
    if (!/^[a-z]{4,}$/.test(slip) || !/^[a-z]{4,}$/.test(word)) continue;
    slips.set(word, [...(slips.get(word) ?? []), slip]);
  }
  return slips;
}

/** As many of either kind: questions of people who looked at an article, and web queries that people rated. */
function readQueries(data: string): string[] {
  const squad = JSON.parse(gunzipSync(readFileSync(join(data, 'squad/train-v1.1.json.gz'))).toString()) as {
    data: { paragraphs: { qas: { question: string }[] }[] }[];
  };
  const asked = squad.data.flatMap(({ paragraphs }) =>
    paragraphs.flatMap(({ qas }) => qas.map(({ question }) => question.trim())),
  );
  const rated = readFileSync(join(data, 'query-wellformedness/train.tsv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([query = '', rating]) => (Number(rating) >= WELL_FORMED ? [query.replace(/\s*\?\s*$/, '')] : []));
  return [...new Set([...shuffled(asked, 1).slice(0, rated.length), ...rated])];
}

function commonWords(queries: readonly string[]): Set<string> {
  const counts = new Map<string, number>();
  for (const query of queries)
    for (const word of new Set(wordsOf(query.toLowerCase()))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Set([...counts].flatMap(([word, count]) => (count > COMMON_SHARE * queries.length ? [word] : [])));
}
