import { describe, expect, it } from 'vitest';
import type { Generator } from '../../src/generator/generator.js';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import type { PipelineParts } from '../../src/pipeline/parts.js';
import type { AnswerGuard } from '../../src/safety/answer-guard.js';
import type { Override } from '../../src/safety/overrides.js';
import type { PassageGuard } from '../../src/safety/passage-guard.js';
import type { Passage } from '../../src/types.js';
import { candidate, fakeOverrides, fakeParts, fakeReward, piano, scored, searchRequest, settings } from './fakes.js';

/** Suspects every sentence that says so. */
const wary: PassageGuard = {
  guardId: 'wary@test',
  inspect: async (passages) =>
    passages.map(({ text, sentences }) =>
      sentences.flatMap(({ start, end }, index) =>
        text.slice(start, end).includes('keys') ? [{ sentenceNumber: index + 1, score: 0.9 }] : [],
      ),
    ),
};

/** Answers from the first sentence that it gets to read, and remembers what that was. */
function reader() {
  const read: string[][] = [];
  const generator: Generator = {
    modelId: 'policy@test',
    promptVersion: 'test',
    async *generate({ passages }) {
      for (const each of passages) {
        read.push(each.sentences.map(({ start, end }) => each.text.slice(start, end)));
        yield candidate(each, 'Bartolomeo Cristofori', 1);
      }
    },
    close: async () => {},
  };
  return { generator, read };
}

function setup(changes: Partial<PipelineParts> = {}, passages: readonly Passage[] = [piano]) {
  const { generator, read } = reader();
  const parts = fakeParts();
  const rewardModel = fakeReward({ 'Bartolomeo Cristofori': 3 });
  const pipeline = createAnswerPipeline(
    {
      ...parts,
      passages: { retrieve: async () => ({ passages: scored(passages), degraded: [] }) },
      answering: { generator, rewardModel, calibrator: parts.answering?.calibrator ?? null },
      ...changes,
    },
    settings,
  );
  return { read, search: () => pipeline.search(searchRequest({ debug: true }), new AbortController().signal) };
}

const documentRule = (action: Override['action']): Override => ({
  id: 'rule',
  tenant: 'default',
  match: 'document',
  value: 'piano',
  action,
  reason: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: null,
});

describe('passage guard in the pipeline', () => {
  it('keeps a suspicious sentence from the generator, quotes from the rest, and reports it', async () => {
    const { read, search } = setup({ passageGuard: wary });
    const { results, safety, trace } = await search();
    expect(read).toEqual([['Bartolomeo Cristofori invented it in Florence.']]);
    expect(results.find(({ type }) => type === 'answer')).toMatchObject({
      citations: [{ quote: 'Bartolomeo Cristofori invented it in Florence.', start: 23 }],
    });
    expect(safety).toEqual({ neutralised: 1 });
    expect(trace?.entries.find(({ stage }) => stage === 'passageGuard')?.details).toEqual({
      guardId: 'wary@test',
      removed: [{ passageId: 'piano#0', sentenceNumber: 1, score: 0.9 }],
      passedOver: 0,
    });
  });

  it('passes over a passage of which nothing is left; the hit stays', async () => {
    const onlyKeys = { ...piano, sentences: piano.sentences.slice(0, 1) };
    const { read, search } = setup({ passageGuard: wary }, [onlyKeys]);
    const { results, answerStatus, safety } = await search();
    expect(read).toEqual([]);
    expect(answerStatus).toMatchObject({ shown: false, reason: 'no-evidence' });
    expect(safety).toEqual({ neutralised: 1, passedOver: 1 });
    expect(results).toHaveLength(1);
  });

  it('says nothing when there is nothing to say', async () => {
    const { search } = setup({ passageGuard: { ...wary, inspect: async (passages) => passages.map(() => []) } });
    expect(await search()).not.toHaveProperty('safety');
  });

  it('reads no unguarded passage when it fails', async () => {
    const broken: PassageGuard = { guardId: 'broken', inspect: async () => Promise.reject(new Error('broken')) };
    const { read, search } = setup({ passageGuard: broken });
    const { results, answerStatus } = await search();
    expect(read).toEqual([]);
    expect(answerStatus).toMatchObject({ shown: false, reason: 'generator-unavailable' });
    expect(results).toHaveLength(1);
  });

  it('reads an allowed document as it is, and a blocked one not at all', async () => {
    const allowed = setup({ passageGuard: wary, overrides: fakeOverrides([documentRule('allow')]) });
    await allowed.search();
    expect(allowed.read[0]).toHaveLength(2);
    const blocked = setup({ overrides: fakeOverrides([documentRule('block')]) });
    const { results, answerStatus, safety } = await blocked.search();
    expect(blocked.read).toEqual([]);
    expect(answerStatus.reason).toBe('no-evidence');
    expect(safety).toEqual({ passedOver: 1 });
    expect(results).toHaveLength(1);
  });
});

describe('answer guard in the pipeline', () => {
  const withholding = (category: string): AnswerGuard => ({
    guardId: 'strict@test',
    check: async () => ({ action: 'withhold', category, score: 0.9 }),
  });

  it.each([
    ['harm', 'unsafe-answer'],
    ['unsupported', 'no-evidence'],
  ])('withholds an answer for %s: %s', async (category, reason) => {
    const { answerStatus, results, safety } = await setup({ answerGuard: withholding(category) }).search();
    expect(answerStatus).toMatchObject({ shown: false, reason });
    expect(results.map(({ type }) => type)).toEqual(['passage']);
    expect(safety).toEqual({ answerCategory: category });
  });
});

it('names the kind of an unsafe query', async () => {
  const { search } = setup({
    guard: { guardId: 'g', check: async () => ({ action: 'hits-only', category: 'crime', score: 1 }) },
  });
  expect((await search()).safety).toEqual({ queryCategory: 'crime' });
});
