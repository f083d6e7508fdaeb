import type { TableSpan, TextSpan, TextStructure } from '../types.js';
import type { SplitSentences } from './sentences.js';
import { sizeInWords, textPieces } from './text-size.js';

/** What a passage is made of: a sentence, or a part of an over-long one. */
export interface TextUnit extends TextSpan {
  /** In words, see `sizeInWords`. */
  size: number;
  isHeading: boolean;
  /** Stands on a new line. */
  startsParagraph: boolean;
  /** The table it stands in. */
  table?: TableSpan;
}

/** Largest size of a unit, and of the parts of a sentence above it; both in words. */
export interface UnitLimits {
  targetWords: number;
  maxWords: number;
}

/** The units of a text in reading order; what they leave out is white space. */
export function toUnits(
  text: string,
  split: SplitSentences,
  limits: UnitLimits,
  { headings, tables = [] }: TextStructure,
): TextUnit[] {
  const units: TextUnit[] = [];
  const [headingAt, tableAt] = [lookup(headings), lookup(tables)];
  let previousEnd = 0;
  for (const sentence of split(text)) {
    const isHeading = headingAt(sentence) !== undefined;
    const table = tableAt(sentence);
    for (const [part, span] of cutToFit(text, sentence, limits).entries()) {
      const startsParagraph = part === 0 && text.slice(previousEnd, sentence.start).includes('\n');
      const size = sizeInWords(text.slice(span.start, span.end));
      units.push({ ...span, size, isHeading, startsParagraph, ...(table && { table }) });
    }
    previousEnd = sentence.end;
  }
  return units;
}

/** Finds which of the spans a sentence touches; both must be asked for in ascending order. */
function lookup<Span extends TextSpan>(spans: readonly Span[]): (sentence: TextSpan) => Span | undefined {
  let next = 0;
  return ({ start, end }) => {
    while (next < spans.length && (spans[next] as Span).end <= start) next += 1;
    const span = spans[next];
    return span && span.start < end ? span : undefined;
  };
}

/** The sentence, or parts of it near the target size when it is larger than a passage may be. */
function cutToFit(text: string, sentence: TextSpan, { targetWords, maxWords }: UnitLimits): TextSpan[] {
  const words = text.slice(sentence.start, sentence.end);
  if (sizeInWords(words) <= maxWords) return [sentence];
  const parts: TextSpan[] = [];
  let part = null as (TextSpan & { size: number }) | null;
  for (const piece of smallPieces(words, targetWords)) {
    if (part && part.size + piece.size > targetWords) {
      parts.push(part);
      part = null;
    }
    part = { start: part?.start ?? piece.start, end: piece.end, size: (part?.size ?? 0) + piece.size };
  }
  if (part) parts.push(part);
  return parts.map(({ start, end }) => ({ start: sentence.start + start, end: sentence.start + end }));
}

/** Words; one that alone is larger than a passage should be comes in slices. */
function* smallPieces(text: string, targetWords: number) {
  for (const piece of textPieces(text)) {
    if (piece.size <= targetWords) {
      yield piece;
      continue;
    }
    let start = piece.start;
    for (const character of text.slice(piece.start, piece.end)) {
      // One character at a time, and never half of a surrogate pair.
      yield { start, end: start + character.length, size: 0.7 };
      start += character.length;
    }
  }
}
