import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OnnxGenerator } from '../../src/generator/drivers/onnx.js';
import { openPolicyFolder, openRewardFolder } from '../../src/generator/drivers/policy-models.js';
import { startPolicyPool } from '../../src/generator/drivers/policy-pool.js';
import type { SessionPool } from '../../src/onnx/session-pool.js';
import { OnnxRewardModel } from '../../src/reward/drivers/onnx.js';
import { collect, passages, requestFor, testGenerator } from '../contracts/generator.js';

// A random model: what it writes is noise, but the form must hold all the same.
const models = fileURLToPath(new URL('../fixtures/tiny-answer', import.meta.url));
const promptsDir = fileURLToPath(new URL('../../prompts', import.meta.url));
const dirs = { policyDir: join(models, 'policy'), rewardDir: join(models, 'reward'), promptsDir };

const startPool = (workers: number, verbatim: boolean) =>
  startPolicyPool({ ...dirs, workers, threadsPerWorker: 1, maxAnswerTokens: 12, verbatim, insistBelow: 1 });

testGenerator('onnx', async () => OnnxGenerator.open({ pool: await startPool(2, false), ...dirs }), { samples: true });

describe('onnx, verbatim, with rewards', () => {
  let pool: SessionPool;
  let generator: OnnxGenerator;
  beforeAll(async () => {
    pool = await startPool(1, true);
    generator = await OnnxGenerator.open({ pool, ...dirs, withReward: true });
  }, 30_000);
  afterAll(() => pool?.close());

  test('an answer stands in its passage', async () => {
    for (const { passageId, text } of await collect(generator, requestFor(9))) {
      expect(passages.find(({ id }) => id === passageId)?.text).toContain(text);
    }
  });

  test('where the greedy candidate declines, an answer is written besides, and only there', async () => {
    const candidates = await collect(generator, requestFor(9));
    const passageIds = (kind: (candidate: (typeof candidates)[number]) => boolean) =>
      candidates.filter(kind).map(({ passageId }) => passageId);
    const insisted = candidates.filter(({ sampled }) => sampled === 'insisted');
    expect(insisted.every(({ declined, text }) => !declined && text !== '')).toBe(true);
    expect(passageIds(({ sampled }) => sampled === 'insisted').sort()).toEqual(
      passageIds(({ sampled, declined }) => sampled === 'greedy' && declined).sort(),
    );
  });

  test('the other answers of a passage are others, whatever the seed', async () => {
    const candidates = await collect(generator, requestFor(9));
    const forked = candidates.filter(({ sampled }) => sampled === 'forked');
    expect(forked.length).toBeGreaterThan(2);
    expect(forked.every(({ declined }) => !declined)).toBe(true);
    const said = candidates.map(({ passageId, text, sentenceNumber }) => `${passageId} ${text} ${sentenceNumber}`);
    expect(new Set(said).size).toBe(said.length);
    const again = await collect(generator, requestFor(9, undefined, 8));
    expect(again.map(({ text }) => text).sort()).toEqual(candidates.map(({ text }) => text).sort());
  });

  test('a suggestion is written besides, word for word, where its passage has it and nobody else says it', async () => {
    const [first, second, third] = passages;
    if (!first || !second || !third) throw new Error('expected three passages');
    const words = first.text.split(' ').slice(1, 3).join(' ');
    const own = await collect(generator, requestFor(3));
    const said = own.find(({ passageId, declined }) => passageId === third.id && !declined)?.text ?? '';
    const suggestions = new Map([
      [first.id, words],
      [second.id, 'not in the passage'],
      [third.id, said],
    ]);
    const candidates = await collect(generator, { ...requestFor(3), suggestions });
    const suggested = candidates.filter(({ sampled }) => sampled === 'suggested');
    expect(suggested.map(({ passageId, text, declined }) => [passageId, text, declined])).toEqual([
      [first.id, words, false],
    ]);
    expect(suggested[0]?.sentenceNumber).toBeGreaterThan(0);
    expect(suggested[0]?.meanTokenLogprob).toBeLessThan(0);
    const others = candidates.filter(({ sampled }) => sampled !== 'suggested');
    expect(others.map(({ text }) => text).sort()).toEqual(own.map(({ text }) => text).sort());
    const item = { ...requestFor(3), passage: first, candidate: suggested[0]! };
    expect(Number.isFinite(generator.knownReward(item))).toBe(true);
  });

  test('rewards taken while writing are those the reward model gives', async () => {
    const { query } = requestFor(6);
    const items = (await collect(generator, requestFor(6))).map((candidate) => ({
      query,
      passage: passages.find(({ id }) => id === candidate.passageId)!,
      candidate,
    }));
    const known = items.map((item) => generator.knownReward(item));
    const model = await OnnxRewardModel.open({ pool, rewardDir: dirs.rewardDir });
    const scored = await model.score(items, new AbortController().signal);
    for (const [index, reward] of scored.entries()) expect(known[index]).toBeCloseTo(reward, 4);
    expect(generator.knownReward({ ...items[0]!, query: { text: 'never asked' } })).toBeUndefined();
  });

  test('a passage longer than the model can read loses its last sentences', async () => {
    const long = passages.map((passage) => {
      const sentence = `${passage.text} `.repeat(3);
      const spans = Array.from({ length: 20 }, (_, index) => {
        const start = index * sentence.length;
        return { start, end: start + sentence.length - 1 };
      });
      return { ...passage, text: sentence.repeat(20), sentences: spans };
    });
    const drawn = await collect(generator, { ...requestFor(3), passages: long });
    expect(drawn.filter(({ sampled }) => sampled === 'greedy').length).toBe(3);
  });
});

describe('a model is refused by name', () => {
  test.each([
    [
      'policy',
      'another prompt',
      { promptVersion: 'other' },
      /policy\/manifest\.json: expected promptVersion .*, found other/,
    ],
    ['reward', 'another policy', { settings: { layers: 2, policyLower: 'x' } }, /settings\.policyLower .*, found x/],
    ['reward', 'no settings', { settings: {} }, /reward\/manifest\.json: expected the settings/],
  ])('%s, made for %s', async (folder, _, change, message) => {
    const copy = await mkdtemp(join(tmpdir(), 'candor-'));
    await cp(models, copy, { recursive: true });
    const path = join(copy, folder, 'manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as { promptVersion: string };
    await writeFile(path, JSON.stringify({ ...manifest, ...change }));
    const { promptVersion } = manifest;
    const opened = openPolicyFolder(join(copy, 'policy'), promptVersion).then((policy) =>
      openRewardFolder(join(copy, 'reward'), promptVersion, policy),
    );
    await expect(opened).rejects.toMatchObject({ code: 'model-corrupt', message: expect.stringMatching(message) });
    await rm(copy, { recursive: true });
  });
});
