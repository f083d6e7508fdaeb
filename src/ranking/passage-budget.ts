import type { ScoredPassage } from '../types.js';

const comparable = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

export interface PassageBudget {
  /** Most passages, at least 1. */
  limit: number;
  /** Passages below it are left out, 0..1, and those that were not reranked with them. @default 0 */
  minRelevance?: number;
}

/** Passages that are read whatever their relevance: two are read at a time, so the second costs no time. */
const ALWAYS_READ = 2;

/**
 * The passages that the generator reads: the best ones in their order, each text once. The same text in two documents
 * would be one witness counted twice when the agreement of the candidates is measured. What is hardly relevant costs time
 * and, worse, offers the reward model well-formed answers to another question.
 *
 * @param passages Best first.
 */
export function chooseAnswerPassages(
  passages: readonly ScoredPassage[],
  { limit, minRelevance = 0 }: PassageBudget,
): ScoredPassage[] {
  const chosen: ScoredPassage[] = [];
  // Without a reranker nothing is known of any passage; with one, what it did not read ranks below what it did.
  const unknown = passages.some(({ relevanceScore }) => relevanceScore !== undefined) ? 0 : 1;
  const seen = new Set<string>();
  for (const candidate of passages) {
    if (chosen.length === limit) break;
    const text = comparable(candidate.passage.text);
    if (text === '' || seen.has(text)) continue;
    if (chosen.length >= ALWAYS_READ && (candidate.relevanceScore ?? unknown) < minRelevance) continue;
    seen.add(text);
    chosen.push(candidate);
  }
  return chosen;
}
