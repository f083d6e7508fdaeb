import { contradicts } from '../answer-meaning.js';
import type { Calibrator } from './calibrator.js';
import { type ClaimContext, confidenceFeatures, confidenceOf, type RewardedCandidate } from './confidence.js';
import { selectAnswer } from './select-answer.js';

/** What the policy says must be known of a passage it read. */
export interface ClaimSource {
  id: string;
  documentId: string;
  title: string;
  /** ISO 8601. */
  date?: string;
}

/** What one passage says to the query, judged as if it were the only one. */
export interface Claim {
  candidate: RewardedCandidate;
  source: ClaimSource;
  /**
   * Calibrated probability that this passage says so, 0..1: other passages are neither witnesses nor rivals. That several
   * sources are each likely to say something else is what a disagreement is; among all candidates each would be a rival that
   * lowers the other's margin.
   */
  confidence: number;
}

/**
 * One claim for each passage that gives an answer, in the order of the sources.
 *
 * @param relevanceScores Reranker's score by passage id.
 */
export function claimsOf(
  candidates: readonly RewardedCandidate[],
  sources: readonly ClaimSource[],
  relevanceScores: ReadonlyMap<string, number>,
  calibrator: Calibrator,
  contexts: ReadonlyMap<string, ClaimContext> = new Map(),
): Claim[] {
  return sources.flatMap((source) => {
    const own = candidates.filter(({ passageId }) => passageId === source.id);
    const candidate = selectAnswer(own);
    if (!candidate) return [];
    const confidence = confidenceOf(
      confidenceFeatures(candidate, own, relevanceScores, contexts.get(source.id)),
      calibrator,
    );
    return [{ candidate, source, confidence }];
  });
}

/** The claims of other documents that cannot be right if this one is. */
export function rivalsOf(claim: Claim, claims: readonly Claim[]): Claim[] {
  return claims.filter(
    ({ candidate, source }) =>
      source.documentId !== claim.source.documentId && contradicts(candidate.text, claim.candidate.text),
  );
}

/** Newer first; those without a date last. Dates of any precision compare as text, as ISO 8601 is made to. */
export function byDate(claims: readonly Claim[]): Claim[] {
  return [...claims].sort((a, b) => {
    const [one, other] = [a.source.date ?? '', b.source.date ?? ''];
    return one > other ? -1 : one < other ? 1 : 0;
  });
}
