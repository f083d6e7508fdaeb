import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnswerReader } from '../../src/cli/answer-reader.js';
import { scoreEach } from '../../src/cli/reward-judge.js';
import { ServiceError } from '../../src/errors.js';
import type { PlainAnswer } from '../../src/evaluation/plain-answer.js';
import { loadSentenceSplitter } from '../../src/retrieval/sentences.js';
import type { RewardItem } from '../../src/reward/reward-model.js';
import { record } from '../evaluation/records.js';
import { candor } from './run.js';

const text = 'The Nile is a river in Africa. It is 6,853 km long.';
const document = { id: 'nile', tenant: 'default', url: '', title: 'Nile', text, acl: [], metadata: {} };
const plain = (given: Partial<PlainAnswer>): PlainAnswer => ({
  id: 'q1',
  question: 'How long is the Nile?',
  answers: ['6,853 km'],
  answerable: true,
  answer: '6,853 km',
  confidence: null,
  shown: true,
  citations: null,
  hits: null,
  timings: {},
  missing: false,
  ...given,
});

describe('createAnswerReader', () => {
  const reader = async () =>
    createAnswerReader(
      new Map([['nile', { type: 'document', document, headings: [], file: 'corpus.jsonl' }]]),
      await loadSentenceSplitter('prompts'),
      'default',
    );

  it.each([
    ['by its quote', [{ documentId: 'nile', quote: 'It is 6,853 km long.' }], 'nile#0', 2],
    ['by its place', [{ documentId: 'nile', start: 4 }], 'nile#0', 1],
    ['by the answer itself', [{ documentId: 'nile' }], 'nile#0', 2],
    ['by the quote alone', [{ documentId: 'other', quote: 'Long ago. It was 6,853 km.' }], 'other#quote', 2],
  ])('finds the passage of a plain answer %s', async (_, citations, passageId, sentenceNumber) => {
    const item = (await reader())(plain({ citations }));
    expect(item?.candidate).toMatchObject({ text: '6,853 km', passageId, sentenceNumber });
    expect(item?.passage.id).toBe(passageId);
  });

  it('cannot read one without citation, without question, or that declined', async () => {
    const read = await reader();
    const citations = [{ documentId: 'nile' }];
    expect(read(plain({}))).toBeNull();
    expect(read(plain({ citations: [] }))).toBeNull();
    expect(read(plain({ citations, question: '' }))).toBeNull();
    expect(read(plain({ citations, answer: null }))).toBeNull();
    expect(read(plain({ citations: [{ documentId: 'other' }] }))).toBeNull();
  });

  it('finds the passage of a recorded candidate', async () => {
    const candidate = {
      text: '6,853 km',
      sentenceNumber: 2,
      passageId: 'nile#0',
      declined: false,
      meanTokenLogprob: -0.1,
      sampled: 'greedy' as const,
      declineProbability: 0.1,
      rewardLogit: 1,
      confidence: 0.9,
    };
    const read = await reader();
    const found = read(record({ top: '6,853 km', candidates: [candidate] }));
    expect(found).toMatchObject({ candidate: { text: '6,853 km', sentenceNumber: 2 }, passage: { text } });
    expect(read(record({ candidates: [{ ...candidate, passageId: 'nile#7' }] }))).toBeNull();
    expect(read(record({ candidates: [{ ...candidate, sentenceNumber: 9 }] }))).toBeNull();
    expect(read(record())).toBeNull();
  });
});

describe('scoreEach', () => {
  const signal = new AbortController().signal;
  const items = ['a', 'b', 'too long', 'd', 'e'].map((answer) => ({ candidate: { text: answer } }) as RewardItem);
  const model = (calls: number[]) => ({
    async score(asked: readonly RewardItem[]) {
      calls.push(asked.length);
      if (asked.some(({ candidate }) => candidate.text === 'too long')) throw new ServiceError('inference-failed');
      return asked.map(({ candidate }) => candidate.text.charCodeAt(0));
    },
  });

  it('asks once, and again in halves where one answer cannot be read', async () => {
    const calls: number[] = [];
    expect(await scoreEach(model(calls), items, signal)).toEqual([97, 98, null, 100, 101]);
    expect(calls).toEqual([5, 3, 2, 1, 2]);
    const once: number[] = [];
    await scoreEach(model(once), items.slice(3), signal);
    expect(once).toEqual([2]);
  });

  it('passes on what is not the fault of an answer', async () => {
    const broken = { score: () => Promise.reject(new ServiceError('cancelled')) };
    await expect(scoreEach(broken, items, signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('candor eval answers --judge', () => {
  let dir: string;
  const at = (name: string) => join(dir, name);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-judge-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('judges pairs in both orders, and shows the gold measures beside it', async () => {
    const line = (value: unknown) => `${JSON.stringify(value)}\n`;
    const gold = { question: 'How long is the Nile?', answers: ['6,853 km'], citations: [{ documentId: 'nile' }] };
    await writeFile(at('corpus.jsonl'), line({ id: 'nile', title: 'Nile', text }));
    const ours = [
      { id: 'q1', answer: '6,853 km', ...gold },
      { id: 'q2', answer: 'Africa', ...gold },
      { id: 'q3', answer: 'a river', ...gold, citations: [] },
    ];
    await writeFile(at('ours.jsonl'), ours.map(line).join(''));
    await writeFile(
      at('theirs.jsonl'),
      line({ id: 'q1', answer: 'Africa', ...gold }) + line({ id: 'q2', answer: null }),
    );
    const files = ['--answers', at('ours.jsonl'), '--against', at('theirs.jsonl'), '--corpus', at('corpus.jsonl')];
    const done = await candor(['eval', 'answers', '--judge', ...files, '--json', at('figures.json')], {
      CANDOR_MODELS_DIR: fileURLToPath(new URL('../fixtures', import.meta.url)),
      CANDOR_POLICY_MODEL: 'tiny-answer/policy',
      CANDOR_REWARD_MODEL: 'tiny-answer/reward',
      CANDOR_INFERENCE_WORKERS: '1',
    }).finished;
    expect(done.code).toBe(0);
    const { judge } = JSON.parse(await readFile(at('figures.json'), 'utf8'));
    expect(judge).toMatchObject({
      judged: 2,
      against: { name: 'theirs.jsonl', pairs: 2, positionConsistency: { value: 1 } },
      gold: { winRate: { value: 3 / 4 }, f1Difference: { value: 1 / 2 } },
    });
    expect(judge.judgeId).toMatch(/^reward@|^tiny/);
    expect(done.stdout).toMatch(/^gold: F1 above that of the other +75\.0/m);
  }, 120_000);
});
