import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RewardItem, RewardModel } from '../../src/reward/reward-model.js';
import type { Candidate, Passage } from '../../src/types.js';
import { answerPassage } from '../fixtures/answer-passage.js';

const signal = new AbortController().signal;

const bowl = answerPassage('bowl', 'Super Bowl 50', [
  'The Broncos won 24-10.',
  "The game was played at Levi's Stadium.",
]);
const rhine = answerPassage('rhine', 'Rhine', ['The Rhine is a river.', 'It is 1,230 km long.']);

export function rewardItem(
  passage: Passage,
  text: string,
  sentenceNumber: number | null,
  query = 'Where?',
): RewardItem {
  const candidate: Candidate = {
    text,
    sentenceNumber,
    passageId: passage.id,
    declined: sentenceNumber === null,
    meanTokenLogprob: -1,
    sampled: 'greedy',
    declineProbability: 0.1,
  };
  return { query: { text: query, access: { tenant: 'default', groups: [] } }, passage, candidate };
}

const items = [
  rewardItem(bowl, "Levi's Stadium", 2),
  rewardItem(bowl, '24-10', 1),
  rewardItem(rhine, '1,230 km', 2),
  rewardItem(bowl, '', null),
  rewardItem(bowl, "Levi's Stadium", 1),
  rewardItem(bowl, "Levi's Stadium", 2, 'Who won?'),
  rewardItem(bowl, "Levi's Stadium", 2),
];

/** What every reward model does. */
export function testRewardModel(name: string, open: () => Promise<RewardModel>): void {
  describe(`${name}: reward model`, () => {
    let model: RewardModel;
    beforeAll(async () => {
      model = await open();
    }, 30_000);
    afterAll(() => model?.close());

    test('one finite number for each item, the same for equal items', async () => {
      const rewards = await model.score(items, signal);
      expect(rewards.length).toBe(items.length);
      expect(rewards.every((reward) => Number.isFinite(reward))).toBe(true);
      expect(rewards[6]).toBe(rewards[0]);
      expect(new Set(rewards).size).toBe(items.length - 1);
    });

    test('declining is the zero of the scale', async () => {
      expect(await model.score([rewardItem(bowl, '', null), rewardItem(rhine, '', null)], signal)).toEqual([0, 0]);
    });

    test('the order of the items is that of the rewards', async () => {
      const rewards = await model.score(items, signal);
      const reversed = await model.score([...items].reverse(), signal);
      for (const [index, reward] of reversed.reverse().entries()) expect(reward).toBeCloseTo(rewards[index]!, 4);
    });

    test('no item', async () => {
      expect(await model.score([], signal)).toEqual([]);
    });

    test('an aborted call is not answered', async () => {
      await expect(model.score(items, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    });
  });
}
