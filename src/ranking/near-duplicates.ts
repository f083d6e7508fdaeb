import type { ScoredPassage } from '../types.js';

/** Words in a row that are one shingle. */
const SHINGLE = 4;
/** Bins of a signature, and bins that must agree for a pair to be compared at all. */
const BINS = 96;
const BAND = 3;
const EMPTY = 0xffffffff;

/** A passage that is shown, with how many near-copies of it are not. */
export interface DistinctPassages {
  /** In their order, the first of each group of near-copies. */
  kept: ScoredPassage[];
  /** Passage id to the number of its near-copies that were left out; those without any are absent. */
  left: Map<string, number>;
}

/**
 * Leaves out what is nearly the same text as a better hit. One-permutation MinHash (Li, Owen and Zhang 2012) finds the pairs
 * worth comparing, by bands of bins; the Jaccard similarity of their shingles of four words decides. Title and address do not
 * count: the same page under two of them is one. Passages of one document are never copies of each other.
 *
 * @param threshold Similarity from which on two passages are the same, 0..1. @default 0.8
 */
export function withoutNearDuplicates(passages: readonly ScoredPassage[], threshold = 0.8): DistinctPassages {
  const kept: ScoredPassage[] = [];
  const left = new Map<string, number>();
  const shingles: number[][] = [];
  const bands = new Map<number, number[]>();
  for (const scored of passages) {
    const own = shinglesOf(scored.passage.text);
    const keys = bandsOf(signature(own));
    const candidates = new Set(keys.flatMap((key) => bands.get(key) ?? []));
    const isCopy = (at: number) =>
      kept[at]?.passage.documentId !== scored.passage.documentId &&
      jaccard(new Set(own), new Set(shingles[at])) >= threshold;
    const original = [...candidates].sort((a, b) => a - b).find(isCopy);
    if (original !== undefined) {
      const { id } = (kept[original] as ScoredPassage).passage;
      left.set(id, (left.get(id) ?? 0) + 1);
      continue;
    }
    for (const key of keys) {
      const others = bands.get(key);
      if (others) others.push(kept.length);
      else bands.set(key, [kept.length]);
    }
    kept.push(scored);
    shingles.push(own);
  }
  return { kept, left };
}

/** Hashes of the runs of four words; a shorter text is one shingle. Characters of scripts without spaces are words. */
function shinglesOf(text: string): number[] {
  const words = text.normalize('NFKC').toLowerCase().match(WORD) ?? [text];
  const hashes = words.map(hashOf);
  const runs: number[] = [];
  for (let at = 0; at + SHINGLE <= hashes.length; at++) {
    let hash = 0;
    for (let index = at; index < at + SHINGLE; index++) hash = mix(Math.imul(hash, 31) + (hashes[index] as number));
    runs.push(hash);
  }
  return runs.length > 0 ? runs : [hashes.reduce((hash, one) => mix(Math.imul(hash, 31) + one), 0)];
}

const UNSPACED = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const WORD = new RegExp(`[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, 'gu');

/** Least hash of each bin; a hash belongs to the bin of its remainder. */
function signature(shingles: readonly number[]): Uint32Array {
  const bins = new Uint32Array(BINS).fill(EMPTY);
  for (const hash of shingles) {
    const bin = hash % BINS;
    if (hash < (bins[bin] as number)) bins[bin] = hash;
  }
  return bins;
}

/** A hash for each band that holds something: texts that agree in one of them are compared. */
function bandsOf(bins: Uint32Array): number[] {
  const keys: number[] = [];
  for (let start = 0; start < BINS; start += BAND) {
    let key = start;
    let isEmpty = true;
    for (let bin = start; bin < start + BAND; bin++) {
      const hash = bins[bin] as number;
      isEmpty &&= hash === EMPTY;
      key = mix(Math.imul(key, 31) + hash);
    }
    if (!isEmpty) keys.push(key);
  }
  return keys;
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let both = 0;
  for (const one of a) if (b.has(one)) both += 1;
  return both / (a.size + b.size - both);
}

function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index++) hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
