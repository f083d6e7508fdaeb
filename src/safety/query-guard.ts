import type { Query } from '../types.js';

/** Harm that a query asks for. `blocked`: an administrator said so. */
export const UNSAFE_CATEGORIES = [
  'self-harm',
  'violence',
  'weapons',
  'crime',
  'sexual',
  'hate',
  'privacy',
  'blocked',
  'other',
] as const;

export type UnsafeCategory = (typeof UNSAFE_CATEGORIES)[number];

/** Advice that a site may leave to professionals. Harmless, and answered unless it is set to hits only. */
export const ADVICE_TOPICS = ['medical', 'legal', 'financial'] as const;

export type AdviceTopic = (typeof ADVICE_TOPICS)[number];

export type QueryVerdict =
  | {
      action: 'allow';
      /** The administrator's rule that allowed it, when one did. */
      overrideId?: string;
    }
  | {
      /** The hits are still served; only the answer is withheld. */
      action: 'hits-only';
      category: UnsafeCategory | AdviceTopic;
      /** Probability that the query is of this category, 0..1; 1 for a rule. */
      score: number;
      /** Shown instead of an answer, for example where to find help. */
      notice?: string;
      overrideId?: string;
    };

/** Decides whether a query may be answered. Blocking a harmless query is as wrong as answering an unsafe one. */
export interface QueryGuard {
  /** Name and version, for traces. */
  readonly guardId: string;
  check(query: Query, signal: AbortSignal): Promise<QueryVerdict>;
}

/**
 * The first guard that objects decides; what none objects to is allowed. Its name is theirs, joined by `+`.
 *
 * @param guards The surest first; none = everything is allowed.
 */
export function inTurn(guards: readonly QueryGuard[]): QueryGuard {
  return {
    guardId: guards.map(({ guardId }) => guardId).join('+') || 'off',
    async check(query, signal) {
      for (const guard of guards) {
        const verdict = await guard.check(query, signal);
        if (verdict.action !== 'allow') return verdict;
      }
      return { action: 'allow' };
    },
  };
}
