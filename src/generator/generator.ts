import type { Candidate, Passage, Query } from '../types.js';

export interface GenerationRequest {
  query: Query;
  /** Best first, at least one. The first is read first, so that it is ready when time runs out. */
  passages: readonly Passage[];
  /**
   * Candidates to draw in all, 1..16. Every passage gets its greedy one first, in order, as far as the number goes;
   * what is left is drawn from the best passages in turn. Where the greedy one declines, an implementation may give the
   * likeliest answer besides (`insisted`): then the reward decides between the two.
   */
  candidates: number;
  /**
   * Answers that another model proposes, by passage id; each stands in its passage. An implementation may write them
   * besides the others (`suggested`), so that the reward decides.
   */
  suggestions?: ReadonlyMap<string, string>;
  /** Non-negative integer. The same request with the same seed gives the same candidates. */
  seed: number;
}

/**
 * The policy: writes candidate answers.
 *
 * One passage is one prompt: title, numbered sentences, then the question. The target is a short answer and the
 * number of the sentence that supports it, or `unanswerable`. Decoding is constrained, so a number always names a
 * sentence that exists and the citation is that sentence, verbatim. Since the question comes last, an implementation
 * may keep the state it computed for a passage and use it for the next question about the same passage.
 *
 * Policy and reward model are trained on the same frozen lower layers. Their drivers may share one `SessionPool` whose
 * workers hold both models and keep the output of those layers for each passage, so that it is computed once. Callers
 * see two interfaces all the same, and one object may implement both.
 */
export interface Generator {
  readonly modelId: string;
  /** Version of the prompt template the model was trained with; must equal that of `prompts/`. */
  readonly promptVersion: string;
  /**
   * Candidates as they become ready, in no promised order; `candidate.passageId` says where each belongs. Declining
   * is a candidate like any other. Leaving the loop early, or aborting, stops the work that is left.
   *
   * @throws ServiceError `inference-failed`, or the error of the aborted signal.
   */
  generate(request: GenerationRequest, signal: AbortSignal): AsyncIterable<Candidate>;
  close(): Promise<void>;
}
