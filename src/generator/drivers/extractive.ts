import { abortError } from '../../errors.js';
import type { Candidate, Passage } from '../../types.js';
import type { GenerationRequest, Generator } from '../generator.js';

export interface ExtractiveGeneratorOptions {
  /** Words of the question that a sentence must share to be an answer, 0..1. @default 0.5 */
  minShare?: number;
}

/**
 * No model: the answer is the sentence of each passage that shares most words with the question. It reads nothing and
 * understands nothing; it is for machines too small for the policy, and as a baseline. A passage has one candidate,
 * whatever number is asked for.
 */
export class ExtractiveGenerator implements Generator {
  readonly modelId = 'extractive@1';
  readonly promptVersion = 'none';
  readonly #minShare: number;

  constructor({ minShare = 0.5 }: ExtractiveGeneratorOptions = {}) {
    this.#minShare = minShare;
  }

  async *generate({ query, passages, candidates }: GenerationRequest, signal: AbortSignal): AsyncGenerator<Candidate> {
    const asked = wordsOf(query.text);
    for (const passage of passages.slice(0, candidates)) {
      if (signal.aborted) throw abortError(signal);
      yield this.#candidate(passage, asked);
    }
  }

  async close(): Promise<void> {}

  #candidate(passage: Passage, asked: ReadonlySet<string>): Candidate {
    const sentences = passage.sentences.map(({ start, end }) => passage.text.slice(start, end));
    const shares = sentences.map((sentence) => shareOf(asked, wordsOf(sentence)));
    const share = Math.max(0, ...shares);
    const common = {
      passageId: passage.id,
      sampled: 'greedy' as const,
      declineProbability: 1 - share,
      // Stands in for a probability, so that a better match counts as more certain.
      meanTokenLogprob: Math.log(Math.max(share, 1e-3)),
    };
    if (share < this.#minShare) return { ...common, text: '', sentenceNumber: null, declined: true };
    const best = shares.indexOf(share);
    return { ...common, text: (sentences[best] ?? '').trim(), sentenceNumber: best + 1, declined: false };
  }
}

/** Words of a few letters say little about what a text is about. */
const MIN_LETTERS = 3;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

function wordsOf(text: string): Set<string> {
  const words = [...segmenter.segment(text.toLowerCase())].flatMap(({ segment, isWordLike }) =>
    isWordLike ? [segment] : [],
  );
  // Scripts without blanks have short words that matter.
  return new Set(words.filter((word) => word.length >= MIN_LETTERS || !/^\p{Script=Latin}+$/u.test(word)));
}

function shareOf(asked: ReadonlySet<string>, found: ReadonlySet<string>): number {
  if (asked.size === 0) return 0;
  return [...asked].filter((word) => found.has(word)).length / asked.size;
}
