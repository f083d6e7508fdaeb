import type { Abstention, ScoredCandidate } from '../types.js';
import { selectAnswer } from './select-answer.js';

export interface StrategyInput {
  /** What the query guard allows. */
  verdict: 'allow' | 'hits-only';
  /** Everything the policy proposed; empty when it had no passage to read. */
  candidates: readonly ScoredCandidate[];
  /** Least confidence of an answer that is shown, 0..1; `null` without a calibrator: then nothing is shown. */
  minConfidence: number | null;
}

export type Strategy = { action: 'answer'; candidate: ScoredCandidate } | { action: 'abstain'; abstention: Abstention };

/**
 * What to do about the answer of one query. The rules in order: an unsafe query gets hits only; without candidates there
 * is no evidence; when the policy declined every passage, so do we; without a calibrator no confidence can be promised;
 * a confidence below the threshold, or one that is no probability, shows nothing.
 */
export function chooseStrategy({ verdict, candidates, minConfidence }: StrategyInput): Strategy {
  if (verdict === 'hits-only') return abstain({ reason: 'unsafe-query' });
  if (candidates.length === 0) return abstain({ reason: 'no-evidence' });
  const candidate = selectAnswer(candidates);
  if (!candidate) return abstain({ reason: 'declined' });
  if (minConfidence === null) return abstain({ reason: 'generator-unavailable' });
  const { confidence } = candidate;
  if (!(confidence >= 0 && confidence <= 1)) return abstain({ reason: 'low-confidence' });
  return confidence >= minConfidence
    ? { action: 'answer', candidate }
    : abstain({ reason: 'low-confidence', confidence });
}

const abstain = (abstention: Abstention): Strategy => ({ action: 'abstain', abstention });
