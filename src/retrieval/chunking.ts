import type { Passage, SourceDocument, TextSpan } from '../types.js';
import type { SplitSentences } from './sentences.js';
import { sizeInWords, textPieces } from './text-size.js';

export interface ChunkingOptions {
  /** Size a passage should have, in words (see `sizeInWords`). @default 100 */
  targetWords: number;
  /**
   * Size no passage exceeds, at least `targetWords`; a document up to it stays whole. The default is about 230 tokens of
   * the embedder, which reads 256. @default 160
   */
  maxWords: number;
}

export const DEFAULT_CHUNKING: ChunkingOptions = { targetWords: 100, maxWords: 160 };

/** Changes whenever equal input gives other passages, so that stored documents are made anew. */
export const CHUNKING_VERSION = 1;

/** What a passage is made of: a sentence, or a part of an over-long one. */
interface Unit extends TextSpan {
  size: number;
  isHeading: boolean;
  /** Stands on a new line. */
  startsParagraph: boolean;
}

/** What it costs to end a passage, against 1 for a passage of no size or twice the target. */
const COST = { behindHeading: 4, beforeHeading: 0, betweenParagraphs: 0.15, insideParagraph: 0.4 };

/**
 * Cuts a document into passages, in reading order; `[]` when its text is blank. Passages hold whole sentences, do not
 * overlap and leave out only white space between them. They end where a section or paragraph does when their sizes
 * allow it, and a heading stays with what follows.
 *
 * @param headings Where headings stand in `document.text`, ascending.
 */
export function chunkDocument(
  document: SourceDocument,
  split: SplitSentences,
  options: ChunkingOptions = DEFAULT_CHUNKING,
  headings: readonly TextSpan[] = [],
): Passage[] {
  const units = toUnits(document.text, split, options, headings);
  return grouped(units, options).map((group, ordinal) => toPassage(document, ordinal, group));
}

function toPassage(document: SourceDocument, ordinal: number, units: readonly Unit[]): Passage {
  const start = units[0]?.start ?? 0;
  const end = units.at(-1)?.end ?? 0;
  return {
    id: `${document.id}#${ordinal}`,
    documentId: document.id,
    tenant: document.tenant,
    title: document.title,
    url: document.url,
    text: document.text.slice(start, end),
    start,
    end,
    sentences: units.map((unit) => ({ start: unit.start - start, end: unit.end - start })),
    language: document.language,
    date: document.date,
    acl: document.acl,
    metadata: document.metadata,
  };
}

function toUnits(text: string, split: SplitSentences, options: ChunkingOptions, headings: readonly TextSpan[]): Unit[] {
  const units: Unit[] = [];
  let heading = 0;
  let previousEnd = 0;
  for (const sentence of split(text)) {
    while (heading < headings.length && (headings[heading] as TextSpan).end <= sentence.start) heading += 1;
    const isHeading = (headings[heading]?.start ?? Number.POSITIVE_INFINITY) < sentence.end;
    for (const [part, span] of cutToFit(text, sentence, options).entries()) {
      const startsParagraph = part === 0 && text.slice(previousEnd, sentence.start).includes('\n');
      units.push({ ...span, size: sizeInWords(text.slice(span.start, span.end)), isHeading, startsParagraph });
    }
    previousEnd = sentence.end;
  }
  return units;
}

/** The sentence, or parts of it near the target size when it is larger than a passage may be. */
function cutToFit(text: string, sentence: TextSpan, { targetWords, maxWords }: ChunkingOptions): TextSpan[] {
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

/** The division into passages with the least cost in all, by dynamic programming from the front. */
function grouped(units: readonly Unit[], options: ChunkingOptions): Unit[][] {
  const total = units.reduce((sum, unit) => sum + unit.size, 0);
  if (units.length > 0 && total <= options.maxWords) return [[...units]];
  // best[n] = least cost of the first n units; from[n] = where the last passage of that division starts
  const best = new Float64Array(units.length + 1).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(units.length + 1);
  best[0] = 0;
  for (let end = 1; end <= units.length; end++) {
    const endCost = costOfEnd(units, end);
    let size = 0;
    for (let start = end - 1; start >= 0; start--) {
      size += units[start]?.size ?? 0;
      if (size > options.maxWords && start < end - 1) break;
      const cost = (best[start] ?? 0) + (size / options.targetWords - 1) ** 2 + endCost;
      if (cost < (best[end] ?? 0)) {
        best[end] = cost;
        from[end] = start;
      }
    }
  }
  const groups: Unit[][] = [];
  for (let end = units.length; end > 0; end = from[end] ?? 0) groups.push(units.slice(from[end], end));
  return groups.reverse();
}

function costOfEnd(units: readonly Unit[], end: number): number {
  const next = units[end];
  if (!next) return 0;
  if (units[end - 1]?.isHeading) return COST.behindHeading;
  if (next.isHeading) return COST.beforeHeading;
  return next.startsParagraph ? COST.betweenParagraphs : COST.insideParagraph;
}
