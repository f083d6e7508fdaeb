import type { RewardedCandidate } from '../../src/reward/confidence.js';

/** A candidate as a line: what it says (`-` = declined), from which passage, with which reward. */
export function candidate(
  text: string,
  passageId: string,
  rewardLogit: number,
  more: Partial<RewardedCandidate> = {},
): RewardedCandidate {
  const declined = text === '-';
  return {
    text: declined ? '' : text,
    declined,
    sentenceNumber: declined ? null : 1,
    passageId,
    rewardLogit,
    meanTokenLogprob: -0.1,
    sampled: 'greedy',
    declineProbability: 0.2,
    ...more,
  };
}
