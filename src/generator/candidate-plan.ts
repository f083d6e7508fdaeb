/** The candidates to draw from one passage. */
export interface PassagePlan {
  /** Index into the passages of the request. */
  passage: number;
  /** Sampled candidates besides the greedy one. */
  samples: number;
}

/**
 * Spreads candidates over passages: the best ones get a greedy candidate each, as far as the number goes; what is left
 * is sampled from them in turn.
 */
export function planCandidates(passages: number, candidates: number): PassagePlan[] {
  const read = Math.min(passages, candidates);
  const left = candidates - read;
  return Array.from({ length: read }, (_, passage) => ({
    passage,
    samples: Math.floor(left / read) + (passage < left % read ? 1 : 0),
  }));
}
