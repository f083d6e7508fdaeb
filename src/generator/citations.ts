import type { Candidate, Citation, Passage } from '../types.js';

/**
 * The sentence a candidate points at, cut out of its passage and located in the document.
 *
 * @returns `null` when the candidate declined or points at no sentence of this passage.
 */
export function citationOf(
  candidate: Pick<Candidate, 'sentenceNumber'>,
  passage: Pick<Passage, 'id' | 'documentId' | 'url' | 'text' | 'start' | 'sentences'>,
): Citation | null {
  if (candidate.sentenceNumber === null) return null;
  const sentence = passage.sentences[candidate.sentenceNumber - 1];
  if (!sentence) return null;
  return {
    passageId: passage.id,
    documentId: passage.documentId,
    url: passage.url,
    quote: passage.text.slice(sentence.start, sentence.end),
    start: passage.start + sentence.start,
    end: passage.start + sentence.end,
  };
}
