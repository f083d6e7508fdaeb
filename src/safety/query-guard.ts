import type { Query } from '../types.js';

export type UnsafeCategory = 'self-harm' | 'violence' | 'weapons' | 'crime' | 'sexual' | 'hate' | 'privacy' | 'other';

export type QueryVerdict =
  | { action: 'allow' }
  | {
      /** The hits are still served; only the answer is withheld. */
      action: 'hits-only';
      category: UnsafeCategory;
      /** Probability that the query is unsafe, 0..1; 1 for a rule. */
      score: number;
      /** Shown instead of an answer, for example where to find help. */
      notice?: string;
    };

/** Decides whether a query may be answered. Blocking a harmless query is as wrong as answering an unsafe one. */
export interface QueryGuard {
  /** Name and version, for traces. */
  readonly guardId: string;
  check(query: Query, signal: AbortSignal): Promise<QueryVerdict>;
}
