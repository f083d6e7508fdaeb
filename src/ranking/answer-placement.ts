import type { QueryKind } from '../types.js';

export interface PlacementRequest {
  /** Calibrated probability that the answer is right and supported, 0..1. */
  confidence: number;
  /** Below it the answer is hidden, 0..1. */
  minConfidence: number;
  /**
   * Calibrated probability of each hit of the page, in order, that it answers the query; `null` for a hit that was not
   * reranked, which counts as 0.
   */
  relevanceScores: readonly (number | null)[];
  /**
   * What a wrong answer takes away from its reader, in units of what one good hit gives, 0 or more. 0: showing costs
   * nothing; 1: a wrong answer spoils as much as a good hit helps; 9: not worth showing unless more than 90 % sure.
   *
   * @default 1
   */
  wrongAnswerCost?: number;
  /**
   * A query that names a page, or something to get, has no answer. Behind a few words stand many needs, of which the answer
   * meets one; a question has one need.
   *
   * @default 'question'
   */
  queryKind?: QueryKind;
  /** Documents that the answer quotes. @default none */
  citedDocumentIds?: readonly string[];
  /** Document of each hit, as `relevanceScores`. @default unknown */
  hitDocumentIds?: readonly string[];
}

/** Expected value of showing the answer, in units of a good hit: right gives 1, wrong takes `wrongAnswerCost`. */
export function answerValue(confidence: number, wrongAnswerCost = 1): number {
  return confidence - (1 - confidence) * wrongAnswerCost;
}

/**
 * Share of the readers whose need the answer meets, 0..1. A question has one need. Of a few words each document is a reading;
 * how likely one is meant is its part of the page's relevance.
 */
export function needShare({
  queryKind = 'question',
  relevanceScores,
  citedDocumentIds = [],
  hitDocumentIds = [],
}: Pick<PlacementRequest, 'queryKind' | 'relevanceScores' | 'citedDocumentIds' | 'hitDocumentIds'>): number {
  if (queryKind === 'question') return 1;
  if (queryKind !== 'keyword') return 0;
  const byDocument = new Map<string, number>();
  for (const [index, documentId] of hitDocumentIds.entries()) {
    byDocument.set(documentId, Math.max(byDocument.get(documentId) ?? 0, relevanceScores[index] ?? 0));
  }
  if (byDocument.size === 0) return 1;
  const all = [...byDocument.values()].reduce((sum, relevance) => sum + relevance, 0);
  const own = citedDocumentIds.reduce((sum, documentId) => sum + (byDocument.get(documentId) ?? 0), 0);
  // Of hits that nothing is known about, each document is as likely as the others.
  return all > 0 ? own / all : citedDocumentIds.filter((id) => byDocument.has(id)).length / byDocument.size;
}

/**
 * The slot of the answer among the hits, 0 = on top, or `null` when it is better hidden: below the threshold, no
 * probability at all, worth less than nothing, or for a query that has no answer.
 *
 * A reader goes down the page and looks at slot `i` with weight `1 / log2(i + 2)`, as in discounted cumulative gain.
 * The slot maximises the expected sum of what the reader gains; of equal slots the lowest on the page is taken, because
 * hits are checked more easily than an answer. It is never above a hit that is likelier to help than the answer is to be
 * right. More confidence never moves the answer down, more relevance of a hit never lets the answer rise above it.
 */
export function placeAnswer(request: PlacementRequest): number | null {
  const { confidence, minConfidence, wrongAnswerCost = 1 } = request;
  if (!(confidence >= minConfidence && confidence <= 1)) return null;
  const value = answerValue(confidence, wrongAnswerCost) * needShare(request);
  if (!(value > 0)) return null;
  const relevance = request.relevanceScores.map((score) => score ?? 0);
  const firstAllowed = relevance.findLastIndex((score) => score > confidence) + 1;
  let best = relevance.length;
  let gain = 0; // of the slot looked at, against the last one
  let bestGain = 0;
  for (let slot = relevance.length - 1; slot >= firstAllowed; slot--) {
    // Moving the answer above hit `slot` swaps the two: the difference is what attention they trade.
    gain += (value - (relevance[slot] ?? 0)) * (attention(slot) - attention(slot + 1));
    if (gain > bestGain) {
      bestGain = gain;
      best = slot;
    }
  }
  return best;
}

const attention = (slot: number) => 1 / Math.log2(slot + 2);
