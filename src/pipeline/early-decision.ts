import { wantsAnswer } from '../reward/strategy.js';
import type { QueryVerdict } from '../safety/query-guard.js';
import type { Abstention, AnswerOutcome, QueryKind, SearchRequest } from '../types.js';

/** What can decide against an answer before any candidate is judged, as plain data: what is stored can be decided again. */
export interface EarlyInput {
  query: { text: string; kind?: QueryKind };
  mode: SearchRequest['answer']['mode'];
  /** Hits before the first one of the page. */
  offset: number;
  /** What the query guard or an administrator's rule says. Absent: that was not waited for. */
  verdict?: QueryVerdict;
  /** What the service has not got. */
  lacks?: 'generator' | 'calibrator';
  /** Passages that were found, chosen to be read, and left by passage guard and blocked documents. Absent: not chosen yet. */
  passages?: { found: number; chosen: number; safe?: number };
}

/** A decision that needed no candidates, as the trace keeps it. */
export interface EarlyDecision {
  input: EarlyInput;
  outcome: AnswerOutcome;
}

/** What ended the answer part before anything was decided, as the trace keeps it. There is nothing to decide again. */
export interface KeptFailure {
  reason: 'deadline' | 'generator-unavailable';
  /** Of the error: `deadline-exceeded`, `inference-failed`, … */
  code: string;
}

/** Why there is no answer, or `null` while there may be one. A pure function, in the order in which things become known. */
export function decideEarly({ query, mode, offset, verdict, lacks, passages }: EarlyInput): AnswerOutcome | null {
  // A page further down repeats the question of the first one, where the answer stands.
  if (mode === 'off' || offset > 0) return abstained({ reason: 'off' });
  if (verdict === undefined) return null;
  if (verdict.action === 'hits-only') {
    const { notice } = verdict;
    return abstained({ reason: 'unsafe-query', ...(notice !== undefined && { notice }) });
  }
  if (!wantsAnswer(query.kind)) return abstained({ reason: 'not-a-question' });
  if (lacks !== undefined) return abstained({ reason: 'generator-unavailable' });
  if (passages?.chosen === 0 || passages?.safe === 0) return abstained({ reason: 'no-evidence' });
  return null;
}

const abstained = (abstention: Abstention): AnswerOutcome => ({ status: 'abstained', ...abstention });
