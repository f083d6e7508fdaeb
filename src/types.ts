/**
 * The nouns of the service. This file imports nothing; everything else may import it.
 *
 * Offsets are UTF-16 code units (JavaScript string indices), `start` inclusive, `end` exclusive. Scores of two kinds
 * are never compared with each other; each says its kind in its name.
 */

/** A half-open range of characters. The field that holds it says which text it points into. */
export interface TextSpan {
  start: number;
  end: number;
}

/** Where a heading stands in the text of its document. */
export interface Heading extends TextSpan {
  /** 1 for the outermost, up to 6. @default 1 */
  level?: number;
}

/** Where a table stands in the text of its document, a row a line. */
export interface TableSpan extends TextSpan {
  /** End of the row that names the columns; absent when no row does. */
  headEnd?: number;
}

/** The parts of a text that are more than paragraphs, each list ascending. */
export interface TextStructure {
  headings: readonly Heading[];
  tables?: readonly TableSpan[];
}

/** A value that documents carry and filters can ask for. */
export type MetadataValue = string | number | boolean | readonly string[];

/** Who asks. It comes from the caller's credential, never from a request body, and is part of every query and cache key. */
export interface Access {
  tenant: string;
  /** Groups of the caller. A passage is visible when its `acl` is empty or shares a group with this list. */
  groups: readonly string[];
}

/** A document as it is stored: the text that all passage and citation offsets point into. */
export interface SourceDocument {
  /** Unique within its tenant. Ingesting the same id again replaces the document. */
  id: string;
  tenant: string;
  /** Empty when the source has no address. */
  url: string;
  title: string;
  text: string;
  /** ISO 8601 date or date-time. */
  date?: string;
  /** BCP 47 tag, such as `en` or `zh`. */
  language?: string;
  /** Groups that may see it; empty means everybody in the tenant. */
  acl: readonly string[];
  metadata: Readonly<Record<string, MetadataValue>>;
}

/** A piece of a document, small enough to be one prompt. */
export interface Passage {
  /** Unique within its tenant and stable while the document does not change: `<documentId>#<ordinal>`. */
  id: string;
  documentId: string;
  tenant: string;
  title: string;
  /**
   * Headings above the passage that its text does not have, outermost first, and for the rest of a divided table the row
   * that names its columns. Search and models read them with the title; absent where there are none.
   */
  headings?: readonly string[];
  url: string;
  /** Exactly `document.text.slice(start, end)`. */
  text: string;
  /** Where `text` lies in the document's stored text. */
  start: number;
  end: number;
  /**
   * Sentences in reading order, at least one, as offsets into `text` of **this passage**. Sentence `n` of a prompt
   * (counted from 1) is `sentences[n - 1]`; a citation quotes it verbatim.
   */
  sentences: readonly TextSpan[];
  language?: string;
  date?: string;
  acl: readonly string[];
  metadata: Readonly<Record<string, MetadataValue>>;
}

/** Restricts hits. All given conditions must hold; within one list any value may match. */
export interface SearchFilter {
  documentIds?: readonly string[];
  languages?: readonly string[];
  /** ISO 8601, inclusive. A document without a date never matches a date condition. */
  dateFrom?: string;
  dateTo?: string;
  /** Key to accepted values, for example `{ section: ['guides'] }`. */
  metadata?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
}

/** What a person asked, with who asked it. */
export interface Query {
  /** Trimmed, without control characters, at least 1 character. */
  text: string;
  access: Access;
  filter?: SearchFilter;
  language?: string;
}

/**
 * What kind of thing a query asks for, by its form. Only a question, or a few words that stand for one, gets an answer:
 * `navigational` names a page, `transactional` something to get.
 */
export const QUERY_KINDS = ['question', 'keyword', 'navigational', 'transactional'] as const;

export type QueryKind = (typeof QUERY_KINDS)[number];

/** What is known of a query before anything is looked up. */
export interface QueryUnderstanding {
  /** What is searched for: the query without its operators. */
  text: string;
  /** Must stand in a passage, word after word. */
  phrases: readonly string[];
  /** Words or phrases that must not. */
  excluded: readonly string[];
  /** Asked for with `after:` and `before:`; ISO 8601, inclusive. */
  dateFrom?: string;
  dateTo?: string;
  /** BCP 47 tag; absent when the query does not tell. */
  language?: string;
  intent?: QueryKind;
  /** Words such as `latest`: newer documents are better ones. */
  prefersNewer: boolean;
  /** Days that words such as `last week` mean; documents of these days are better ones. */
  preferredFrom?: string;
  preferredTo?: string;
}

/** Another spelling of the query, whose words the index has. */
export interface Suggestion {
  query: string;
  /** Nothing was found for the query as typed, and these results are those of the suggestion. */
  searched: boolean;
}

/** A passage with the scores it has earned so far; a stage adds its own and leaves the others alone. */
export interface ScoredPassage {
  passage: Passage;
  /** BM25 of the lexical back end, 0 or more, unbounded. Absent when only the dense one found the passage. */
  bm25Score?: number;
  /** Cosine of query and passage vector, -1..1. Absent when only the lexical back end found the passage. */
  denseScore?: number;
  /** Of the fusion, unbounded: comparable within one reply only. Set by the hybrid retriever on every passage it returns. */
  fusedScore?: number;
  /** Raw output of the cross-encoder, unbounded. Only passages within the reranking depth have one. */
  relevanceLogit?: number;
  /** Calibrated probability that the passage answers the query, 0..1. Present when `relevanceLogit` is. */
  relevanceScore?: number;
}

/** One proposed answer, drawn from one passage. */
export interface Candidate {
  /** The short answer; empty when `declined`. */
  text: string;
  /** Number of the supporting sentence, from 1, as in the prompt; `null` exactly when `declined`. */
  sentenceNumber: number | null;
  passageId: string;
  /** The policy wrote `unanswerable` for this passage. */
  declined: boolean;
  /** Mean natural-log probability of the tokens of the answer and its pointer, at most 0. */
  meanTokenLogprob: number;
  /**
   * How it was drawn. `insisted`: the likeliest answer where the greedy candidate is a decline. `forked`: begins with
   * another token than the likeliest answer, and goes on greedily. `suggested`: the words that a second model marked; the
   * policy only chose the sentence.
   */
  sampled: 'greedy' | 'sampled' | 'insisted' | 'forked' | 'suggested';
  /** Probability the policy gave to declining this passage, 0..1; the same for every candidate of one passage. */
  declineProbability: number;
}

/** A candidate after the reward model. */
export interface ScoredCandidate extends Candidate {
  /** Reward above that of declining (0), unbounded. Comparable between the candidates of a query. */
  rewardLogit: number;
  /** Probability, 0..1, that a second model marks the same words in the passage; absent or `null` where none looked. */
  readerAgreement?: number | null;
  /** Calibrated probability that the answer is right and supported, 0..1. */
  confidence: number;
}

/** A verbatim quote: `quote === document.text.slice(start, end)` of the stored document. */
export interface Citation {
  passageId: string;
  documentId: string;
  url: string;
  quote: string;
  start: number;
  end: number;
}

/** Where an answer stands: among the hits, or in a panel of its own beside them. */
export const ANSWER_LAYOUTS = ['inline', 'side-panel'] as const;

export type AnswerLayout = (typeof ANSWER_LAYOUTS)[number];

/** What one of several sources says that disagree. */
export interface DisagreeingClaim {
  text: string;
  /** Its quote, as an index into `citations`, from 0. */
  citation: number;
  /** Date of its document, ISO 8601; absent when it has none. */
  date?: string;
}

/** An answer that was good enough to show. */
export interface Answer {
  /** With `disagreement` a sentence that gives every claim, never one of them alone. */
  text: string;
  /** Calibrated probability that it is right and supported, 0..1; with `disagreement` the least of its claims. */
  confidence: number;
  /** At least one, the main one first. */
  citations: readonly Citation[];
  /**
   * Date of the source, ISO 8601: it holds as of then. Present when older sources say something else, and when the query
   * asks for the present state of things.
   */
  asOf?: string;
  /** Present when sources contradict each other and none is newer: at least two claims, each with its own quote. */
  disagreement?: { claims: readonly DisagreeingClaim[] };
}

/** One of the things an ambiguous query may mean. */
export interface Choice {
  /** A title of the corpus. */
  label: string;
  /** The query to ask instead. */
  query: string;
}

/** Why an answer is shown or not. Documented in `docs/api.md`; codes are stable. */
export const ANSWER_REASONS = [
  /** The answer is among the results. */
  'shown',
  /** Sources contradict each other; the answer says so and quotes each. */
  'sources-disagree',
  /** The query may mean several things; `choices` names them. */
  'ambiguous-query',
  /** The best candidate's confidence is below `minConfidence`. */
  'low-confidence',
  /** No passage was found that could support an answer. */
  'no-evidence',
  /** The policy declined for every passage it read. */
  'declined',
  /** The query guard asks for hits only. */
  'unsafe-query',
  /** A check of the finished answer against its source failed. */
  'failed-check',
  /** The query names a page or a thing to get: its hits are what it wants. */
  'not-a-question',
  /** The promise about shown answers no longer holds; answers are off until the threshold is proven anew. */
  'promise-broken',
  /** The answer guard withholds what was found. */
  'unsafe-answer',
  /** The answer was not ready when its time was over. */
  'deadline',
  /** No generator or reward model is loaded, or it failed. */
  'generator-unavailable',
  /** The request asked for no answer. */
  'off',
] as const;

export type AnswerReason = (typeof ANSWER_REASONS)[number];

export type ShownReason = 'shown' | 'sources-disagree';

/** What is done about a query, apart from its hits. */
export const ANSWER_STRATEGIES = ['answer', 'hedge', 'ask-back', 'decline', 'stay-silent'] as const;

export type AnswerStrategy = (typeof ANSWER_STRATEGIES)[number];

/** Why nothing is shown, as a value and not as an error. */
export interface Abstention {
  reason: Exclude<AnswerReason, ShownReason>;
  /** Confidence of the best candidate, when there was one. */
  confidence?: number;
  /** With `unsafe-query`: a sentence to show instead of an answer, such as where to find help. */
  notice?: string;
  /** With `ambiguous-query`: 2 to 4 things that the query may mean, the likeliest first. */
  choices?: readonly Choice[];
  /** With `failed-check`: the name of the check. */
  check?: string;
}

/** What became of the answer part of a request. */
export type AnswerOutcome =
  | {
      status: 'answered';
      answer: Answer;
      /** Index among the results of the page, 0 = on top. */
      slot: number;
      layout: AnswerLayout;
    }
  | ({ status: 'abstained' } & Abstention);

/** The same, as a client reads it. `shown` is true exactly when `reason` is `shown` or `sources-disagree`. */
export interface AnswerStatus {
  shown: boolean;
  strategy: AnswerStrategy;
  reason: AnswerReason;
  /** Why no answer is shown, or what is asked back: a sentence in the language of the query. Absent when one is shown. */
  message?: string;
  confidence?: number;
  notice?: string;
  choices?: readonly Choice[];
  check?: string;
}

export interface AnswerOptions {
  /** `auto` answers when confident, `off` never tries. @default 'auto' */
  mode: 'auto' | 'off';
  /** Time for the whole request, in milliseconds from its arrival; a late answer is dropped. @default 3000 */
  deadlineMs: number;
  /** Candidates to draw, 1..16, spread over the best passages. @default 4 */
  candidates: number;
  /** Overrides the calibrated threshold, 0..1. */
  minConfidence?: number;
  /** Where the answer shall stand. @default the setting's */
  layout?: AnswerLayout;
}

/** A request that has passed validation: every default is filled in. */
export interface SearchRequest {
  requestId: string;
  query: Query;
  /** Hits on the page, 1..100. @default 10 */
  limit: number;
  /** Hits to skip; with `limit` at most 1000. @default 0 */
  offset: number;
  /** Most hits of one document, 1..100. @default all */
  passagesPerDocument?: number;
  /** How much hits should differ from those above them, 0..1; 0 leaves the order alone. @default the service's setting */
  diversity?: number;
  /** Lists near-copies of better hits, too. @default the service's setting */
  nearDuplicates?: 'hide' | 'show';
  answer: AnswerOptions;
  sessionId?: string;
  userId?: string;
  /** Adds the trace to the response. @default false */
  debug: boolean;
  /** Whether a trace store keeps it; `false` of a search that no visitor asked for. @default true */
  keepTrace?: boolean;
}

/** A classic hit. */
export interface PassageResult {
  type: 'passage';
  /** The passage's id. */
  id: string;
  documentId: string;
  title: string;
  url: string;
  /** Plain text cut from the passage, never markup. */
  snippet: string;
  /** Matched words, as offsets into `snippet`, ascending and without overlap. */
  highlights: readonly TextSpan[];
  /** `relevanceScore` where reranked, else `fusedScore`. For display only: it need not fall from hit to hit. */
  score: number;
  /** Near-copies of this hit that are left out; absent where there are none. */
  nearDuplicates?: number;
}

/** The answer as one of the results. */
export interface AnswerResult extends Answer {
  type: 'answer';
  layout: AnswerLayout;
}

export type SearchResult = PassageResult | AnswerResult;

/** Stages in the order of a request. `hits` ends when the hits leave; `total` covers everything; both start at arrival. */
export type Stage =
  | 'queryGuard'
  | 'understanding'
  | 'retrieval'
  | 'spelling'
  | 'reranking'
  | 'hits'
  | 'passageGuard'
  | 'reading'
  | 'generation'
  | 'reward'
  | 'choice'
  | 'total';

/** Wall time per stage in milliseconds, such as `retrievalMs`; a stage that did not run is absent. */
export type Timings = { [S in Stage as `${S}Ms`]?: number };

/** One stage of one request, for `debug` and the log. */
export interface TraceEntry {
  stage: Stage;
  /** Milliseconds from the arrival of the request. */
  startMs: number;
  durationMs: number;
  outcome: 'ok' | 'late' | 'failed' | 'skipped';
  /** Error code when `outcome` is `failed`; never a message of the inside. */
  code?: string;
  /** Counts, scores and versions that explain the stage. */
  details?: Readonly<Record<string, unknown>>;
}

export interface Trace {
  entries: readonly TraceEntry[];
}

/** What the guards did in one search; a guard that did nothing is absent. */
export interface SafetyReport {
  /** With `unsafe-query`: of what kind the query is, such as `crime` or `medical`. */
  queryCategory?: string;
  /** The administrator's rule that decided about the query. */
  overrideId?: string;
  /** Sentences and titles that speak to a model and that the generator did not get to read. */
  neutralised?: number;
  /** Passages that were not read at all: nothing else was in them, or an administrator blocked their document. */
  passedOver?: number;
  /** With `unsafe-answer`: why, such as `harm`. */
  answerCategory?: string;
}

/**
 * A part of a search that did nothing because it was late or failed, by what it is for: search by words, search by meaning,
 * the order of the hits.
 */
export type DegradedPart = 'lexical' | 'dense' | 'reranker';

export interface SearchResponse {
  requestId: string;
  /** Hits in order, with the answer at its slot when it is shown. */
  results: readonly SearchResult[];
  answerStatus: AnswerStatus;
  timings: Timings;
  /** Parts that were late or failed; absent when all did their work. */
  degraded?: readonly DegradedPart[];
  /** Absent when no guard did anything. */
  safety?: SafetyReport;
  /** Did you mean: another spelling, when a word of the query is nowhere in the index. */
  suggestion?: Suggestion;
  trace?: Trace;
}

/** What a streamed search sends, in this order: one `hits-end`, one `answer-end`, one `search-end`. */
export type SearchEvent =
  | {
      type: 'hits-end';
      requestId: string;
      results: readonly PassageResult[];
      timings: Timings;
      degraded?: readonly DegradedPart[];
      suggestion?: Suggestion;
    }
  | { type: 'answer-end'; outcome: AnswerOutcome; answerStatus: AnswerStatus }
  | { type: 'search-end'; timings: Timings; safety?: SafetyReport; trace?: Trace };
