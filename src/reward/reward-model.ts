import type { Candidate, Passage, Query } from '../types.js';

export interface RewardItem {
  query: Query;
  /** The passage that `candidate.passageId` names. */
  passage: Passage;
  /** May be a declined one: declining has a reward too. */
  candidate: Candidate;
}

/**
 * Scores candidates the way people ranked them: supported and right above declining above wrong where the evidence is
 * there, declining above everything where it is not.
 *
 * It shares its frozen lower layers with the policy; see `Generator` for what that allows.
 */
export interface RewardModel {
  readonly modelId: string;
  readonly promptVersion: string;
  /**
   * One `rewardLogit` for each item, in the order of the items: how far it stands above declining, which is 0. Higher is
   * better, unbounded, always finite. Items of
   * the same query and passage are cheapest side by side. `[]` for no items.
   *
   * @throws ServiceError `inference-failed`, or the error of the aborted signal.
   */
  score(items: readonly RewardItem[], signal: AbortSignal): Promise<number[]>;
  close(): Promise<void>;
}
