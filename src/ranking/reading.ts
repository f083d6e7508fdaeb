import type { TextSpan } from '../types.js';

/** How a model that marks answers has read one passage: for each token of its text, where it stands and what may begin and end there. */
export interface Reading {
  /** In reading order; none of the title. The probabilities of what is not listed, such as "nowhere", are missing from the sums. */
  tokens: readonly TextSpan[];
  /** Natural-log probability that the answer begins with the token, one each. */
  begins: ArrayLike<number>;
  /** Natural-log probability that the answer ends with the token, one each. */
  ends: ArrayLike<number>;
}

/** What a reader would answer itself. */
export interface ReadAnswer {
  /** As it stands in the text. */
  text: string;
  /** Of all spans that say the same, 0..1. */
  probability: number;
}

/** Tokens `from` to `to`, both inclusive. */
interface TokenSpan {
  from: number;
  to: number;
}

/** From this token F1 on two spans say the same; it is the line between right and wrong answers too. */
const SAME_F1 = 0.7;
/** Longest answer a reader is asked for, in tokens. */
const LONGEST = 30;
/** What is this unlikely to begin the answer changes no decision, and most tokens are. */
const NEGLIGIBLE = 1e-5;

/**
 * The probability, 0..1, of all spans that share tokens with a place of `answer` in `text` by F1 >= 0.7. Begin and end are
 * taken as independent, as the reader was trained. `null` when the answer does not stand in what was read.
 */
export function agreementWith(reading: Reading, text: string, answer: string): number | null {
  const places = placesOf(reading, text, answer);
  return places.length === 0 ? null : probabilityOf(reading, places);
}

/** The likeliest span; `null` when nothing was read. */
export function likeliestAnswer(reading: Reading, text: string): ReadAnswer | null {
  let best: (TokenSpan & { probability: number }) | null = null;
  for (const span of spansOf(reading)) if (!best || span.probability > best.probability) best = span;
  const [first, last] = best ? [reading.tokens[best.from], reading.tokens[best.to]] : [];
  if (!best || !first || !last) return null;
  return { text: text.slice(first.start, last.end), probability: probabilityOf(reading, [best]) };
}

function probabilityOf(reading: Reading, places: readonly TokenSpan[]): number {
  let total = 0;
  for (const { from, to, probability } of spansOf(reading)) {
    if (places.some((place) => overlapF1({ from, to }, place) >= SAME_F1)) total += probability;
  }
  return Math.min(1, total);
}

function* spansOf({ tokens, begins, ends }: Reading): Generator<TokenSpan & { probability: number }> {
  for (let from = 0; from < tokens.length; from++) {
    const begin = Math.exp(begins[from] ?? Number.NEGATIVE_INFINITY);
    if (begin < NEGLIGIBLE) continue;
    const last = Math.min(tokens.length - 1, from + LONGEST - 1);
    for (let to = from; to <= last; to++) {
      yield { from, to, probability: begin * Math.exp(ends[to] ?? Number.NEGATIVE_INFINITY) };
    }
  }
}

function overlapF1(a: TokenSpan, b: TokenSpan): number {
  const shared = Math.min(a.to, b.to) - Math.max(a.from, b.from) + 1;
  return shared <= 0 ? 0 : (2 * shared) / (a.to - a.from + 1 + (b.to - b.from + 1));
}

/** Every place of the answer whose first and last token were read. */
function placesOf({ tokens }: Reading, text: string, answer: string): TokenSpan[] {
  const places: TokenSpan[] = [];
  if (answer.trim() === '') return places;
  for (let start = text.indexOf(answer); start >= 0; start = text.indexOf(answer, start + 1)) {
    const end = start + answer.length;
    const from = tokens.findIndex((token) => token.end > start);
    const to = tokens.findLastIndex((token) => token.start < end);
    const isWhole = (tokens[from]?.start ?? end) < end && (tokens.at(-1)?.end ?? 0) >= end;
    if (isWhole && from <= to) places.push({ from, to });
  }
  return places;
}
