import type { Passage } from '../types.js';

/** A part of a passage that speaks to a model instead of to a reader. */
export interface SuspiciousPart {
  /** Number of the sentence, from 1; 0 = the title. */
  sentenceNumber: number;
  /** Probability that it is an instruction, 0..1; 1 for a rule. */
  score: number;
}

/** Finds instructions addressed to a model in what the generator is about to read. */
export interface PassageGuard {
  /** Name and version, for traces. */
  readonly guardId: string;
  /**
   * For each passage its suspicious parts, in order; `[]` for a passage without any. Ordinary text, instructions to people
   * among it, must pass: what is taken out cannot be an answer.
   */
  inspect(passages: readonly Passage[], signal: AbortSignal): Promise<SuspiciousPart[][]>;
}

/**
 * Takes suspicious parts out of what a generator reads: sentences leave the list, while text and offsets stay, so that
 * quotes still point into the document. A suspicious title becomes empty. Lines of code fenced by ``` behind a suspicious
 * sentence go with it, since what introduces code is what tells whose it is.
 *
 * @returns `null` when no sentence is left: the passage is passed over.
 */
export function withoutParts(passage: Passage, parts: readonly SuspiciousPart[]): Passage | null {
  if (parts.length === 0) return passage;
  const removed = new Set(parts.map(({ sentenceNumber }) => sentenceNumber));
  /** Of the fence that is open: whether its lines go. */
  let fenceGoes: boolean | null = null;
  let previousGoes = false;
  const sentences = passage.sentences.filter(({ start, end }, index) => {
    const isSuspicious = removed.has(index + 1);
    const togglesFence = isFence(passage.text.slice(start, end));
    if (togglesFence && fenceGoes === null) fenceGoes = isSuspicious || previousGoes;
    else if (togglesFence) {
      previousGoes = fenceGoes === true || isSuspicious;
      fenceGoes = null;
      return !previousGoes;
    }
    previousGoes = isSuspicious || fenceGoes === true;
    return !previousGoes;
  });
  if (sentences.length === 0) return null;
  return { ...passage, title: removed.has(0) ? '' : passage.title, sentences };
}

/** An odd number of fences: the line opens or closes one. */
const isFence = (text: string) => ((text.match(/```/g) ?? []).length & 1) === 1;
