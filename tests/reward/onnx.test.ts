import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startPolicyPool } from '../../src/generator/drivers/policy-pool.js';
import type { SessionPool } from '../../src/onnx/session-pool.js';
import { OnnxRewardModel } from '../../src/reward/drivers/onnx.js';
import { rewardItem, testRewardModel } from '../contracts/reward-model.js';
import { answerPassage } from '../fixtures/answer-passage.js';

const folder = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const rewardDir = folder('../fixtures/tiny-answer/reward');
const startPool = () =>
  startPolicyPool({
    policyDir: folder('../fixtures/tiny-answer/policy'),
    rewardDir,
    promptsDir: folder('../../prompts'),
    workers: 2,
    threadsPerWorker: 1,
  });

testRewardModel('onnx', async () => OnnxRewardModel.open({ pool: await startPool(), rewardDir }));

test('rewards that are known are not asked for', async () => {
  const pool = { run: () => Promise.resolve([0.5]), close: () => Promise.resolve() } as unknown as SessionPool;
  const known = (item: { candidate: { text: string } }) => (item.candidate.text === 'a' ? 3 : undefined);
  const model = await OnnxRewardModel.open({ pool, rewardDir, known });
  const passage = answerPassage('p', '', ['a b.']);
  const items = [rewardItem(passage, 'a', 1), rewardItem(passage, 'b', 1)];
  expect(await model.score(items, new AbortController().signal)).toEqual([3, 0.5]);
});
