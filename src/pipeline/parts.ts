import type { Generator } from '../generator/generator.js';
import type { QueryStep } from '../query/understand-query.js';
import type { AnswerReader } from '../ranking/answer-reader.js';
import type { Reranker } from '../ranking/reranker.js';
import type { DocumentWriter } from '../retrieval/document-writer.js';
import type { DocumentReader, RetrievalResult } from '../retrieval/retriever.js';
import type { Calibrator } from '../reward/calibrator.js';
import type { RewardModel } from '../reward/reward-model.js';
import type { PersonalDataPolicy } from '../safety/answer-check.js';
import type { AnswerGuard } from '../safety/answer-guard.js';
import type { EntailmentChecker } from '../safety/entailment.js';
import type { OverrideStore } from '../safety/overrides.js';
import type { PassageGuard } from '../safety/passage-guard.js';
import type { QueryGuard } from '../safety/query-guard.js';
import type { AnswerLayout, Query, ScoredPassage } from '../types.js';
import type { ComponentStatus } from './pipeline.js';
import type { ThresholdWatch } from './threshold-watch.js';
import type { TraceStore } from './trace-store.js';

/** Query to fused passages: the hybrid retriever. */
export interface PassageSource {
  /**
   * Best first, each passage once.
   *
   * @param limits How many at most: the last of them. The passages of a smaller one come first, as they would without the others.
   * @throws ServiceError `retrieval-unavailable` when every back end failed, or the error of the aborted signal.
   */
  retrieve(query: Query, limits: readonly number[], signal: AbortSignal): Promise<RetrievalResult>;
  /**
   * Passages the caller may see with words like those of the query, at most `limit`, and with one of some other words, at most
   * as many; absent where nothing searches by words.
   */
  similar?(query: Query, words: readonly string[], limit: number, signal: AbortSignal): Promise<ScoredPassage[]>;
}

/** What turns passages into an answer with a confidence. Generator and reward model are of no use without each other. */
export interface AnswerParts {
  generator: Generator;
  rewardModel: RewardModel;
  /** `null`: candidates are written and scored, but without a confidence none is shown. */
  calibrator: Calibrator | null;
  /** Fixed texts of the prompt, which no answer may repeat. @default none */
  promptTexts?: readonly string[];
}

/** Everything a pipeline is made of; `create-pipeline.ts` opens it, tests pass fakes. */
export interface PipelineParts {
  passages: PassageSource;
  /** Is it a word that people write often? In lower case. Absent: nobody knows, and more other spellings are suggested. */
  isWord?: (word: string) => boolean;
  documents: DocumentReader;
  writer: Pick<DocumentWriter, 'get' | 'write'>;
  guard: QueryGuard;
  /** `null`: passages are read as they are. */
  passageGuard: PassageGuard | null;
  /** `null`: what an answer says is not looked at. */
  answerGuard: AnswerGuard | null;
  /** The administrator's rules; those about queries are part of `guard` already. */
  overrides: OverrideStore;
  /** `null`: hits keep the fused order. */
  reranker: Reranker | null;
  /** `null`: hits only, with the reason `generator-unavailable`. */
  answering: AnswerParts | null;
  /** `null` or absent: nobody reads the passages besides the generator. */
  reader?: AnswerReader | null;
  /** Absent: how far a quote supports its answer is no part of the confidence. */
  entailment?: EntailmentChecker;
  /** Absent: the threshold is what it is. */
  watch?: ThresholdWatch;
  /** Absent: no trace is kept. */
  traces?: TraceStore;
  status(signal: AbortSignal): Promise<ComponentStatus[]>;
  close(): Promise<void>;
}

export interface PipelineSettings {
  /** Passages to fetch, 1..1000; more when a page needs more. */
  retrievalLimit: number;
  /** Best passages the reranker reads; 0 = none. */
  rerankDepth: number;
  /** What is read out of a query. @default all steps */
  querySteps?: readonly QueryStep[];
  /** Near-copies of better hits, where a request does not say it. @default 'hide' */
  nearDuplicates?: 'hide' | 'show';
  /** Diversity of the page, where a request does not say it, 0..1. @default 0 */
  diversity?: number;
  hitsTimeoutMs: number;
  rerankTimeoutMs: number;
  /** Passages the generator reads, at least 1. */
  answerPassages: number;
  /** Relevance below which a passage is not read, 0..1. @default 0 */
  answerMinRelevance?: number;
  /** Least confidence where a request names none; unset = the calibrator's. */
  minConfidence?: number;
  /** What a wrong answer spoils, in units of a good hit. @default 1 */
  wrongAnswerCost?: number;
  /** Where a request does not say. @default 'inline' */
  answerLayout?: AnswerLayout;
  /** Of documents that do not say. @default 'withhold' */
  personalData?: PersonalDataPolicy;
  seed: number;
}
