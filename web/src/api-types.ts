/** What the page reads of the replies of `/v1/search`. A test keeps these shapes equal to those of the service. */

/** Half-open range of UTF-16 code units. */
export interface TextSpan {
  start: number;
  end: number;
}

export interface PassageResult {
  type: 'passage';
  id: string;
  documentId: string;
  title: string;
  /** Empty when the source has no address. */
  url: string;
  snippet: string;
  /** Offsets into `snippet`. */
  highlights: readonly TextSpan[];
  /** Near-copies of this hit that are left out. */
  nearDuplicates?: number;
}

/** Another spelling of the query. */
export interface Suggestion {
  query: string;
  /** The results are those of the suggestion: nothing was found as typed. */
  searched: boolean;
}

export interface Citation {
  passageId: string;
  documentId: string;
  url: string;
  quote: string;
}

export type AnswerLayout = 'inline' | 'side-panel';

export interface Answer {
  text: string;
  /** 0..1, calibrated. */
  confidence: number;
  citations: readonly Citation[];
  /** ISO 8601: the answer holds as of then. */
  asOf?: string;
  /** Sources contradict each other; each claim names its quote by index. */
  disagreement?: { claims: readonly { text: string; citation: number; date?: string }[] };
}

export interface AnswerResult extends Answer {
  type: 'answer';
  layout: AnswerLayout;
}

/** Something that an ambiguous query may mean, and the query to ask instead. */
export interface Choice {
  label: string;
  query: string;
}

export type AnswerReason =
  | 'shown'
  | 'sources-disagree'
  | 'ambiguous-query'
  | 'low-confidence'
  | 'no-evidence'
  | 'declined'
  | 'unsafe-query'
  | 'failed-check'
  | 'not-a-question'
  | 'promise-broken'
  | 'unsafe-answer'
  | 'deadline'
  | 'generator-unavailable'
  | 'off';

export interface AnswerStatus {
  shown: boolean;
  reason: AnswerReason;
  confidence?: number;
  /** Shown with the reason, for example where to find help. */
  notice?: string;
  /** With `ambiguous-query`. */
  choices?: readonly Choice[];
}

export interface Timings {
  hitsMs?: number;
}

export type DegradedPart = 'lexical' | 'dense' | 'reranker';

export interface SearchResponse {
  requestId: string;
  results: readonly (PassageResult | AnswerResult)[];
  answerStatus: AnswerStatus;
  timings: Timings;
  degraded?: readonly DegradedPart[];
  suggestion?: Suggestion;
}

export type SearchEvent =
  | {
      type: 'hits-end';
      requestId: string;
      results: readonly PassageResult[];
      timings: Timings;
      degraded?: readonly DegradedPart[];
      suggestion?: Suggestion;
    }
  | {
      type: 'answer-end';
      outcome: { status: 'answered'; answer: Answer; slot: number; layout: AnswerLayout } | { status: 'abstained' };
      answerStatus: AnswerStatus;
    }
  | { type: 'search-end'; timings: Timings };

/** Problem details (RFC 9457), as far as the page shows them. */
export interface Problem {
  /** A code of the service, or `unreachable` when nothing could be reached. */
  code: string;
  /** Shown when the page has no words of its own for the code. */
  detail?: string;
  requestId?: string;
}
