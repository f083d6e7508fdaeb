import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerCalibrate } from '../../src/cli/calibrate.js';
import type { AnswerRecord } from '../../src/evaluation/answer-record.js';
import { parseCalibrator } from '../../src/reward/calibrator.js';
import { record } from '../evaluation/records.js';

/** Answers with rewards from -2 to 2; the higher ones are right more often. */
const records = Array.from({ length: 400 }, (_, index): AnswerRecord => {
  const rewardLogit = index / 100 - 2;
  const right = (index * 37) % 400 < index * 1.4;
  return record({
    id: `q${index}`,
    top: right ? '6,853 km' : 'Cairo',
    features: {
      rewardLogit,
      margin: 5,
      agreement: 1,
      meanTokenLogprob: -0.1,
      relevanceScore: 0.5,
      declineProbability: 0.1,
    },
  });
});

let dir: string;
let out: string;
let printed: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-calibrate-'));
  out = join(dir, 'models', 'calibrator.json');
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

async function calibrate(given: readonly AnswerRecord[], ...options: string[]) {
  const path = join(dir, 'records.jsonl');
  await writeFile(path, given.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  registerCalibrate(program);
  await program.parseAsync(['calibrate', '--records', path, '--out', out, ...options], { from: 'user' });
  return parseCalibrator(await readFile(out, 'utf8'), out);
}

describe('candor calibrate', () => {
  it('fits a calibrator for the models of the records', async () => {
    const calibrator = await calibrate([...records, record({ id: 'none' })]);
    expect(calibrator.fittedFor).toEqual({
      policy: 'policy@1',
      reward: 'reward@1',
      prompt: 'p',
      reranker: 'reranker@1',
    });
    expect(calibrator.fit).toMatchObject({ questions: 400, targetPrecision: 0.9 });
    expect(calibrator.fit.precision).toBeGreaterThanOrEqual(0.88);
    expect(calibrator.fit.precisionLow).toBeLessThan(calibrator.fit.precision ?? 0);
    expect(calibrator.features.rewardLogit.weight).toBeGreaterThan(0);
    expect(printed).toMatch(/calibrator [0-9a-f]{16}: 401 questions, 400 with an answer/);
    expect(printed).toMatch(/shown from 0\.\d+ on: \d+ answers \(coverage .*\), precision/);
  });

  it('shows nothing when the answers are not good enough, and says so', async () => {
    const bad = records.map((one, index) => ({ ...one, top: index % 3 === 0 ? '6,853 km' : 'Cairo' }));
    expect((await calibrate(bad)).minConfidence).toBe(1);
    expect(printed).toMatch(/No threshold is proven to reach 90.0 %.*nothing is shown/);
  });

  it('says which groups of queries have their own threshold, and why the others have not', async () => {
    const asked = (question: string, given: readonly AnswerRecord[]) =>
      given.map((one) => ({ ...one, id: `${question} ${one.id}`, question }));
    const some = records.filter((_, index) => index % 4 === 0);
    const given = [
      ...asked('How long is the river Nile?', records),
      ...asked('尼罗河有多长？', records),
      ...asked('nile length', some),
    ];
    const { groups, minConfidence } = await calibrate(given);
    expect(groups?.map(({ language, kind, questions }) => [language, kind, questions])).toEqual([
      ['en', 'question', 400],
      ['zh', 'question', 400],
    ]);
    expect(printed).toMatch(/ en question +its own, of 400 with an answer, \d+ right: shown from 0\.\d+ on/);
    expect(printed).toMatch(/ \? keyword +pooled: 100 questions with an answer, 200 are needed/);
    expect(minConfidence).toBeLessThan(1);
  });

  it('chooses the answer among the recorded candidates anew', async () => {
    const given = records.map((one, index) => {
      const candidate = {
        ...{ text: '6,853 km', sentenceNumber: 1, passageId: 'p', declined: false, meanTokenLogprob: -0.1 },
        ...{ sampled: 'greedy' as const, declineProbability: 0.1, rewardLogit: index / 100 - 2, confidence: 0 },
      };
      const likelier = { ...candidate, text: one.top ?? '', rewardLogit: candidate.rewardLogit + 1 };
      return { ...one, top: '6,853 km', candidates: [candidate, likelier] };
    });
    const right = records.filter(({ top }) => top === '6,853 km').length;
    expect((await calibrate(given)).fit.right).toBe(right);
  });

  it('lets the weights learn from traps and counts none of them', async () => {
    const traps = join(dir, 'traps.jsonl');
    const trapped = records.slice(0, 50).map((one) => ({ ...one, id: `trap ${one.id}`, top: 'Cairo', answers: [] }));
    await writeFile(traps, trapped.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const { fit, version } = await calibrate(records);
    const withTraps = await calibrate(records, '--traps', traps, '--force');
    expect(withTraps.fit).toMatchObject({ questions: fit.questions, right: fit.right });
    expect(withTraps.version).not.toBe(version);
    expect(printed).toMatch(/traps: \d+ of 50 would be answered/);
  });

  it('draws figures as SVG and PNG', async () => {
    await calibrate(records, '--figures', join(dir, 'figures'));
    const names = await readdir(join(dir, 'figures'));
    expect(names.sort()).toEqual(['reliability.png', 'reliability.svg', 'risk-coverage.png', 'risk-coverage.svg']);
  });

  it('replaces a calibrator only when told to', async () => {
    const first = await calibrate(records);
    await expect(calibrate(records.slice(1))).rejects.toMatchObject({ message: expect.stringMatching(/--force/) });
    expect((await calibrate(records.slice(1), '--force')).version).not.toBe(first.version);
  });

  it.each([
    ['too few answers', records.slice(0, 20), /at least 100 questions with an answer, found 20 of 20/],
    [
      'two policies',
      records.map((one, i) => (i > 9 ? one : { ...one, versions: { ...one.versions, policy: 'policy@2' } })),
      /one set of models, found policy@2 reward@1 p; policy@1/,
    ],
    ['one outcome only', records.map((one) => ({ ...one, top: 'Cairo' })), /both outcomes, got 0 right of 400/],
  ])('%s: says what is wrong', async (_, given, message) => {
    await expect(calibrate(given)).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(message),
    });
  });

  it.each(['0', '1', '1.5', 'much', ''])('refuses the target %j', async (target) => {
    await expect(calibrate(records, '--target-precision', target)).rejects.toThrow(/number from 0.01 to 0.999/);
  });
});
