/** The candidates to draw from one passage. */
export interface PassagePlan {
  /** Index into the passages of the request. */
  passage: number;
  /** Candidates besides the greedy one. */
  others: number;
}

/**
 * Spreads candidates over passages: the best ones get a greedy candidate each, as far as the number goes; what is left
 * is drawn from them in turn.
 */
export function planCandidates(passages: number, candidates: number): PassagePlan[] {
  const read = Math.min(passages, candidates);
  const left = candidates - read;
  return Array.from({ length: read }, (_, passage) => ({
    passage,
    others: Math.floor(left / read) + (passage < left % read ? 1 : 0),
  }));
}
