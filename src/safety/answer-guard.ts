import type { Citation, Query } from '../types.js';
import { claimOf, type EntailmentChecker } from './entailment.js';

/** An answer that is about to be shown. */
export interface ProposedAnswer {
  text: string;
  citations: readonly Citation[];
}

export type AnswerVerdict =
  | { action: 'show' }
  | {
      action: 'withhold';
      /** `unsupported`: its quotes do not support it; else what it says, such as `harm`. */
      category: string;
      /** Probability, 0..1; 1 for a rule. */
      score: number;
    };

/** A last look at what an answer says. Documents are the site's own, so it withholds only what nobody should be told. */
export interface AnswerGuard {
  /** Name and version, for traces. */
  readonly guardId: string;
  check(query: Query, answer: ProposedAnswer, signal: AbortSignal): Promise<AnswerVerdict>;
}

/** The first guard that objects decides. Its name is theirs, joined by `+`. */
export function answersInTurn(guards: readonly AnswerGuard[]): AnswerGuard {
  return {
    guardId: guards.map(({ guardId }) => guardId).join('+'),
    async check(query, answer, signal) {
      for (const guard of guards) {
        const verdict = await guard.check(query, answer, signal);
        if (verdict.action === 'withhold') return verdict;
      }
      return { action: 'show' };
    },
  };
}

/**
 * Withholds what surely is not supported: the best of its quotes supports it with less than this probability.
 *
 * @param least 0..1.
 */
export function supportGuard(checker: EntailmentChecker, least: number): AnswerGuard {
  return {
    guardId: checker.checkerId,
    async check({ text: question }, { text, citations }, signal) {
      const claim = claimOf(question, text);
      const support = await checker.entails(
        citations.map(({ quote }) => ({ quote, claim })),
        signal,
      );
      const best = Math.max(0, ...support);
      return best >= least ? { action: 'show' } : { action: 'withhold', category: 'unsupported', score: 1 - best };
    },
  };
}
