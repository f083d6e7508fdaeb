import type { Passage, SourceDocument, TextStructure } from '../types.js';
import { headingsAbove } from './passage-headings.js';
import type { SplitSentences } from './sentences.js';
import { type TextUnit, toUnits } from './text-units.js';

export interface ChunkingOptions {
  /** Size a passage should have, in words (see `sizeInWords`). @default 100 */
  targetWords: number;
  /**
   * Size no passage exceeds, at least `targetWords`; a document up to it stays whole. The default is about 230 tokens of
   * the embedder, which reads 256. @default 160
   */
  maxWords: number;
  /**
   * Whole sentences of the passage before that a passage repeats at its start, in words at most, below `targetWords`. A
   * passage that opens a section repeats none. @default 0
   */
  overlapWords?: number;
}

export const DEFAULT_CHUNKING: ChunkingOptions = { targetWords: 100, maxWords: 160, overlapWords: 0 };

/** Changes whenever equal input gives other passages, so that stored documents are made anew. */
export const CHUNKING_VERSION = 2;

/** What it costs to end a passage, against 1 for a passage of no size or twice the target. */
const COST = {
  behindHeading: 4,
  beforeHeading: 0,
  betweenParagraphs: 0.15,
  insideParagraph: 0.4,
  /** A row without the others still says something; half a row or the names of the columns alone do not. */
  betweenRows: 1,
  insideRow: 8,
  behindTableHead: 4,
};

/**
 * Cuts a document into passages, in reading order; `[]` when its text is blank. Passages hold whole sentences and leave out
 * only white space between them. They end where a section or paragraph does when their sizes allow it; a heading stays with
 * what follows, and a table in one passage. What does not fit goes on in the next passage, whose `headings` say under which
 * headings and columns it stands.
 *
 * @param structure Headings and tables of `document.text`.
 */
export function chunkDocument(
  document: SourceDocument,
  split: SplitSentences,
  options: ChunkingOptions = DEFAULT_CHUNKING,
  structure: TextStructure = { headings: [] },
): Passage[] {
  const units = toUnits(document.text, split, options, structure);
  const groups = withOverlap(grouped(units, options), options);
  return groups.map((group, ordinal) => toPassage(document, ordinal, group, structure));
}

function toPassage(
  document: SourceDocument,
  ordinal: number,
  units: readonly TextUnit[],
  structure: TextStructure,
): Passage {
  const start = units[0]?.start ?? 0;
  const end = units.at(-1)?.end ?? 0;
  const headings = headingsAbove(document, start, structure);
  return {
    id: `${document.id}#${ordinal}`,
    documentId: document.id,
    tenant: document.tenant,
    title: document.title,
    ...(headings.length > 0 && { headings }),
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

/** The division into passages with the least cost in all, by dynamic programming from the front. */
function grouped(units: readonly TextUnit[], options: ChunkingOptions): TextUnit[][] {
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
  const groups: TextUnit[][] = [];
  for (let end = units.length; end > 0; end = from[end] ?? 0) groups.push(units.slice(from[end], end));
  return groups.reverse();
}

function costOfEnd(units: readonly TextUnit[], end: number): number {
  const [last, next] = [units[end - 1], units[end]];
  if (!last || !next) return 0;
  if (last.isHeading) return COST.behindHeading;
  if (next.isHeading) return COST.beforeHeading;
  if (last.table && last.table === next.table) {
    if (!next.startsParagraph) return COST.insideRow;
    return last.table.headEnd === last.end ? COST.behindTableHead : COST.betweenRows;
  }
  return next.startsParagraph ? COST.betweenParagraphs : COST.insideParagraph;
}

/** Each group with the last units of the one before it in front, as far as they fit and belong to the same section. */
function withOverlap(groups: TextUnit[][], { overlapWords = 0, maxWords }: ChunkingOptions): TextUnit[][] {
  return groups.map((group, index) => {
    const before = groups[index - 1] ?? [];
    const room = Math.min(overlapWords, maxWords - group.reduce((sum, { size }) => sum + size, 0));
    let [from, size] = [before.length, 0];
    while (from > 0 && !(before[from] ?? group[0])?.isHeading) {
      const unit = before[from - 1] as TextUnit;
      if (size + unit.size > room) break;
      size += unit.size;
      from -= 1;
    }
    return [...before.slice(from), ...group];
  });
}
