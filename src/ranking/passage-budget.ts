import type { ScoredPassage } from '../types.js';

const comparable = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

/**
 * The passages that the generator reads: the best ones in their order, each text once. The same text in two documents
 * would be one witness counted twice when the agreement of the candidates is measured.
 *
 * @param passages Best first.
 * @param limit Most passages to keep, at least 1.
 */
export function chooseAnswerPassages(passages: readonly ScoredPassage[], limit: number): ScoredPassage[] {
  const chosen: ScoredPassage[] = [];
  const seen = new Set<string>();
  for (const candidate of passages) {
    if (chosen.length === limit) break;
    const text = comparable(candidate.passage.text);
    if (text === '' || seen.has(text)) continue;
    seen.add(text);
    chosen.push(candidate);
  }
  return chosen;
}
