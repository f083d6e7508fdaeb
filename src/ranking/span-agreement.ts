/** Tokens `from` to `to`, both inclusive. */
export interface TokenSpan {
  from: number;
  to: number;
}

/** Where a reader says that the answer begins and ends: log-probabilities by token, one entry each. */
export interface SpanLogprobs {
  begins: ArrayLike<number>;
  ends: ArrayLike<number>;
}

/** From this token F1 on two spans say the same; it is the line between right and wrong answers too. */
const SAME_F1 = 0.7;
/** Longest answer a reader is asked for, in tokens. */
const LONGEST = 30;

/**
 * The probability of all spans within `passage` that share tokens with one of the places by F1 >= 0.7, 0..1. Begin and end
 * are taken as independent, as the reader was trained.
 */
export function spanAgreement(
  { begins, ends }: SpanLogprobs,
  passage: TokenSpan,
  places: readonly TokenSpan[],
): number {
  let total = 0;
  for (let from = passage.from; from <= passage.to; from++) {
    const begin = Math.exp(begins[from] ?? Number.NEGATIVE_INFINITY);
    // What is this unlikely to begin the answer changes no decision, and most tokens are.
    if (begin < 1e-5) continue;
    const last = Math.min(passage.to, from + LONGEST - 1);
    for (let to = from; to <= last; to++) {
      if (places.some((place) => overlapF1({ from, to }, place) >= SAME_F1))
        total += begin * Math.exp(ends[to] ?? Number.NEGATIVE_INFINITY);
    }
  }
  return Math.min(1, total);
}

function overlapF1(a: TokenSpan, b: TokenSpan): number {
  const shared = Math.min(a.to, b.to) - Math.max(a.from, b.from) + 1;
  return shared <= 0 ? 0 : (2 * shared) / (a.to - a.from + 1 + (b.to - b.from + 1));
}

/** Every place where `wanted` stands within `span` of `tokens`; none for no tokens. */
export function placesOf(wanted: readonly number[], tokens: readonly number[], span: TokenSpan): TokenSpan[] {
  if (wanted.length === 0) return [];
  const places: TokenSpan[] = [];
  for (let from = span.from; from + wanted.length - 1 <= span.to; from++)
    if (wanted.every((token, index) => tokens[from + index] === token))
      places.push({ from, to: from + wanted.length - 1 });
  return places;
}
