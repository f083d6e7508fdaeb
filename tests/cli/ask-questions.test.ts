import { describe, expect, it } from 'vitest';
import { isUnasked } from '../../src/cli/ask-pipeline.js';
import { askQuestions } from '../../src/cli/ask-questions.js';
import { type ErrorCode, ServiceError } from '../../src/errors.js';
import { type AnswerRecord, answerRecordSchema } from '../../src/evaluation/answer-record.js';
import { summariseAnswers } from '../../src/evaluation/answer-report.js';
import type { Question } from '../../src/evaluation/question.js';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import type { PipelineParts } from '../../src/pipeline/parts.js';
import {
  candidate,
  cristofori,
  decline,
  fakeGenerator,
  fakeParts,
  fakeReward,
  harp,
  organ,
  piano,
  settings,
  sleep,
} from '../pipeline/fakes.js';

const question: Question = {
  id: 'q1',
  question: 'Who invented the piano?',
  answers: ['Bartolomeo Cristofori'],
  answerable: true,
  documentIds: ['piano'],
};
const texts = new Map([piano, harp, organ].map(({ documentId, text }) => [documentId, text]));

async function ask(parts: Partial<PipelineParts> = {}, asked = [question], source = texts): Promise<AnswerRecord[]> {
  const records: AnswerRecord[] = [];
  const asking = askQuestions(createAnswerPipeline(fakeParts(parts), settings), asked, {
    access: { tenant: 'default', groups: [] },
    defaults: { queryMaxCharacters: 200, answer: { deadlineMs: 1_500, candidates: 4 } },
    textOf: (documentId) => source.get(documentId),
    signal: AbortSignal.timeout(10_000),
  });
  for await (const record of asking) records.push(record);
  return records;
}

const answering = (changes: Partial<NonNullable<PipelineParts['answering']>>) => ({
  answering: { ...fakeParts().answering!, ...changes },
});

describe('askQuestions', () => {
  it('records what the trace tells about a question', async () => {
    const [record] = await ask();
    expect(record).toMatchObject({
      ...question,
      retrieved: ['piano', 'harp', 'organ'],
      hits: ['piano', 'harp', 'organ'],
      passagesRead: ['piano#0', 'harp#0', 'organ#0'],
      relevanceScores: { 'piano#0': 0.9, 'harp#0': 0.2, 'organ#0': 0.1 },
      top: 'Bartolomeo Cristofori',
      features: { rewardLogit: 3, margin: 5, agreement: 0.5, relevanceScore: 0.9 },
      confidence: expect.closeTo(0.9526, 3),
      refused: false,
      greedy: 'Bartolomeo Cristofori',
      greedyOfBestPassage: 'Bartolomeo Cristofori',
      reason: 'shown',
      shown: { text: 'Bartolomeo Cristofori', slot: 0, citation: { documentId: 'piano', verbatim: true } },
      minConfidence: 0.8,
      versions: { policy: 'policy@test', reward: 'reward@test', prompt: 'test', reranker: 'reranker@test' },
    });
    expect(record?.candidates).toHaveLength(3);
    expect(record?.timings.totalMs).toBeGreaterThanOrEqual(record?.timings.hitsMs ?? Number.NaN);
    expect(answerRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it('holds the quote against the corpus, not against the index', async () => {
    const [record] = await ask({}, [question], new Map([['piano', 'Another text.']]));
    expect(record?.shown?.citation.verbatim).toBe(false);
  });

  it('knows the policy without the reward model from the policy with it', async () => {
    const generator = fakeGenerator([
      decline(piano),
      candidate(harp, 'nobody', 2),
      { ...cristofori, sampled: 'sampled' },
    ]);
    const [record] = await ask(answering({ generator }));
    expect(record).toMatchObject({ greedy: 'nobody', greedyOfBestPassage: null, top: 'Bartolomeo Cristofori' });
  });

  it('records a refusal', async () => {
    const [record] = await ask(answering({ generator: fakeGenerator([decline(piano), decline(harp)]) }));
    expect(record).toMatchObject({
      refused: true,
      reason: 'declined',
      top: null,
      features: null,
      confidence: null,
      shown: null,
      greedy: null,
    });
  });

  it('keeps candidates and features when there is no calibrator yet', async () => {
    const entailment = { checkerId: 'checker@1', entails: async (claims: readonly unknown[]) => claims.map(() => 0.7) };
    const [record] = await ask({ ...answering({ calibrator: null }), entailment });
    expect(record).toMatchObject({
      top: 'Bartolomeo Cristofori',
      features: { rewardLogit: 3, entailment: 0.7 },
      confidence: null,
      minConfidence: null,
      shown: null,
      reason: 'generator-unavailable',
    });
  });

  it('records what is below the threshold', async () => {
    const [record] = await ask(answering({ rewardModel: fakeReward({ 'Bartolomeo Cristofori': 0 }) }));
    expect(record).toMatchObject({ reason: 'low-confidence', confidence: 0.5, shown: null });
  });

  it.each<[string, Partial<PipelineParts>, string]>([
    ['nothing found', { passages: { retrieve: async () => ({ passages: [], degraded: [] }) } }, 'no-evidence'],
    ['no generator', { answering: null }, 'generator-unavailable'],
    ['too late', answering({ generator: fakeGenerator([cristofori], 5_000) }), 'deadline'],
  ])('%s: no candidates, no refusal', async (_, parts, reason) => {
    const [record] = await ask(parts);
    expect(record).toMatchObject({ reason, candidates: [], top: null, refused: false, shown: null });
    expect(answerRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it('records a search that fails, and goes on; what would fail every search ends it', async () => {
    const failing = (code: ErrorCode): Partial<PipelineParts> => {
      const { retrieve } = fakeParts().passages;
      let asked = 0;
      return {
        passages: {
          retrieve: async (...call) => {
            asked += 1;
            if (asked === 1) throw new ServiceError(code);
            return retrieve(...call);
          },
        },
      };
    };
    const questions = [question, { ...question, id: 'q2' }];
    const records = await ask(failing('retrieval-unavailable'), questions);
    expect(records.map(({ id, reason, failure }) => [id, reason, failure])).toEqual([
      ['q1', 'failed', 'retrieval-unavailable'],
      ['q2', 'shown', undefined],
    ]);
    expect(records[0]).toMatchObject({ hits: [], candidates: [], top: null, refused: false, shown: null });
    expect(answerRecordSchema.parse(JSON.parse(JSON.stringify(records[0])))).toEqual(records[0]);
    expect([undefined, ...records].map(isUnasked)).toEqual([true, true, false]);
    const { report, reasons } = summariseAnswers(records, { resamples: 10 });
    expect(report).toMatchObject({ questions: 2, failed: 1, metrics: { recallAt5: { value: 0.5 } } });
    expect(reasons).toEqual({ failed: 1, shown: 1 });

    await expect(ask(failing('index-corrupt'), questions)).rejects.toMatchObject({ code: 'index-corrupt' });
  });

  it('asks one after the other and yields as it goes', async () => {
    let [running, most] = [0, 0];
    const retrieve = async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
      return { passages: [], degraded: [] };
    };
    const records = await ask({ passages: { retrieve } }, [question, { ...question, id: 'q2' }]);
    expect(records.map(({ id }) => id)).toEqual(['q1', 'q2']);
    expect(most).toBe(1);
  });
});
