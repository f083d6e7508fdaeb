import type { Candidate, Passage } from '../../types.js';

/** What the main thread asks of a policy worker: plain data. */
export interface PassageTask {
  passage: Pick<Passage, 'title' | 'text' | 'sentences'>;
  question: string;
}

/** Handler `answer`: candidates from one passage. */
export interface AnswerTask extends PassageTask {
  /** Other answers besides the likeliest one, at most. */
  forks: number;
  /** An answer to write besides, when it is not among the others. */
  suggestion?: string;
  /** Ask the reward model at once, while everything is at hand. */
  withReward: boolean;
}

export interface AnswerTaskCandidate {
  text: string;
  sentenceNumber: number | null;
  declined: boolean;
  meanTokenLogprob: number;
  sampled: Candidate['sampled'];
  /** Absent when it was not asked for. */
  rewardLogit?: number;
}

export interface AnswerTaskResult {
  /** The greedy one, the insisted one where there is one, the forked ones, the suggested one. */
  candidates: AnswerTaskCandidate[];
  declineProbability: number;
}

/** Handler `score`: rewards for given answers, in their order. A `null` number is a decline. */
export interface ScoreTask extends PassageTask {
  answers: readonly { text: string; sentenceNumber: number | null }[];
}
