import type { ScoredCandidate } from '../types.js';

/** A candidate with its reward, before it has a confidence. */
export type RewardedCandidate = Omit<ScoredCandidate, 'confidence'>;
