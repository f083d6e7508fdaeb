import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import type { PipelineParts, PipelineSettings } from '../../src/pipeline/parts.js';
import { replay } from '../../src/pipeline/replay.js';
import { FileTraceStore, readKeptTrace, type TraceStore } from '../../src/pipeline/trace-store.js';
import { sealCalibrator } from '../../src/reward/calibrator.js';
import { DriftMonitor } from '../../src/reward/drift-monitor.js';
import type { AnswerGuard } from '../../src/safety/answer-guard.js';
import type { Override } from '../../src/safety/overrides.js';
import type { QueryVerdict } from '../../src/safety/query-guard.js';
import {
  ANSWER_REASONS,
  type AnswerReason,
  type AnswerResult,
  type Passage,
  type SearchRequest,
} from '../../src/types.js';
import {
  candidate,
  decline,
  documentOf,
  fakeCalibrator,
  fakeGenerator,
  fakeOverrides,
  fakeParts,
  fakeReranker,
  fakeReward,
  passage,
  scored,
  searchRequest,
  settings,
} from './fakes.js';

const signal = AbortSignal.timeout(20_000);

/** One sentence and one answer for each source, all of them sure. */
const source = (id: string, sentence: string, more: Partial<Passage> = {}) => ({ ...passage(id, sentence), ...more });

function corpus(sources: readonly (readonly [Passage, string])[]): Partial<PipelineParts> {
  const passages = sources.map(([each]) => each);
  return {
    passages: { retrieve: async () => ({ passages: scored(passages), degraded: [] }) },
    documents: {
      async getDocument(id) {
        const found = passages.find(({ documentId }) => documentId === id);
        return found ? { ...documentOf(found), metadata: found.metadata } : null;
      },
    },
    reranker: fakeReranker(
      Object.fromEntries(passages.map(({ documentId }, index) => [documentId, 0.5 - index / 100])),
    ),
    answering: {
      generator: fakeGenerator(sources.map(([each, text]) => candidate(each, text, 1))),
      rewardModel: fakeReward(Object.fromEntries(sources.map(([, text], index) => [text, 3 - index / 10]))),
      calibrator: fakeCalibrator(),
    },
  };
}

const search = (
  parts: Partial<PipelineParts>,
  request: Partial<SearchRequest> = {},
  changed: Partial<PipelineSettings> = {},
) => createAnswerPipeline(fakeParts(parts), { ...settings, ...changed }).search(searchRequest(request), signal);

const asking = (text: string, more: Partial<SearchRequest> = {}) => ({
  query: { text, access: { tenant: 'default', groups: [] } },
  ...more,
});

const bridge = [
  [source('a', 'The bridge was opened in 1912.'), '1912'],
  [source('b', 'The bridge was opened in 1913.'), '1913'],
] as const;
const dated = (from: string, to: string) =>
  [
    [{ ...bridge[0][0], date: from }, '1912'],
    [{ ...bridge[1][0], date: to }, '1913'],
  ] as const;

describe('strategies, from query to reply', () => {
  it('quotes both sources when they disagree', async () => {
    const { results, answerStatus } = await search(corpus(bridge), asking('When was the bridge opened?'));
    expect(answerStatus).toMatchObject({ shown: true, strategy: 'hedge', reason: 'sources-disagree' });
    const answer = results.find(({ type }) => type === 'answer') as AnswerResult;
    expect(answer.text).toBe('Sources disagree: [1] says 1912, [2] says 1913.');
    expect(answer.citations.map(({ quote }) => quote)).toEqual([bridge[0][0].text, bridge[1][0].text]);
    expect(answer.disagreement?.claims).toEqual([
      { text: '1912', citation: 0 },
      { text: '1913', citation: 1 },
    ]);
    expect(answer.confidence).toBe(answerStatus.confidence);
  });

  it('says so in Chinese to a Chinese query', async () => {
    const { results } = await search(corpus(bridge), asking('这座桥什么时候通车？'));
    expect(results.find(({ type }) => type === 'answer')).toMatchObject({
      text: '来源不一致：[1] 说是“1912”，[2] 说是“1913”。',
    });
  });

  it('lets the newer source win, and says as of when', async () => {
    const { results, answerStatus } = await search(
      corpus(dated('2019-01-01', '2024-05-01')),
      asking('When was it opened?'),
    );
    expect(answerStatus).toMatchObject({ shown: true, strategy: 'answer' });
    expect(results.find(({ type }) => type === 'answer')).toMatchObject({
      text: '1913',
      asOf: '2024-05-01',
      citations: [{ documentId: 'b' }],
    });
  });

  it('asks back with titles of the corpus', async () => {
    const sources = [
      [source('french', 'It began in 1789.', { title: 'French Revolution' }), '1789'],
      [source('russian', 'It began in 1917.', { title: 'Russian Revolution' }), '1917'],
    ] as const;
    const { results, answerStatus } = await search(corpus(sources), asking('When did the revolution begin?'));
    expect(answerStatus).toEqual({
      shown: false,
      strategy: 'ask-back',
      reason: 'ambiguous-query',
      message: 'This may mean several things. Which one do you mean?',
      choices: [
        { label: 'French Revolution', query: 'When did the French Revolution begin?' },
        { label: 'Russian Revolution', query: 'When did the Russian Revolution begin?' },
      ],
    });
    expect(results).toHaveLength(2);
    const clear = await search(corpus(sources), asking('When did the French Revolution begin?'));
    expect(clear.answerStatus.strategy).not.toBe('ask-back');
  });

  it('asks back what names nothing, with the titles of those that answer it', async () => {
    const sources = [
      [source('oslo', 'Oslo is the capital of Norway.', { title: 'Oslo' }), 'Oslo'],
      [source('lima', 'Lima is the capital of Peru.', { title: 'Lima' }), 'Lima'],
    ] as const;
    const { answerStatus } = await search(corpus(sources), asking('What is the capital?'));
    expect(answerStatus).toMatchObject({
      reason: 'ambiguous-query',
      choices: [{ label: 'Oslo' }, { label: 'Lima', query: 'What is the capital? (Lima)' }],
    });
    const clear = await search(corpus(sources), asking('What is the capital of Norway?'));
    expect(clear.answerStatus).toMatchObject({ shown: true, strategy: 'answer' });
  });

  it.each([
    ['an address', 'www.bridge.example.org'],
    ['a page', 'bridge official site'],
    ['something to get', 'bridge for sale'],
    ['something to get, in Chinese', '购买 bridge'],
  ])('gives a query for %s its hits only, and writes nothing', async (_what, text) => {
    const parts = corpus(bridge.slice(0, 1));
    const generate = vi.fn(parts.answering!.generator.generate);
    const generator = { ...parts.answering!.generator, generate };
    const { results, answerStatus } = await search(
      { ...parts, answering: { ...parts.answering!, generator } },
      asking(text),
    );
    expect([answerStatus.reason, results.length]).toEqual(['not-a-question', 1]);
    expect(generate).not.toHaveBeenCalled();
    // The step that says so can be switched off.
    const steps = { querySteps: ['operators'] as const };
    const again = await search({ ...parts, answering: { ...parts.answering!, generator } }, asking(text), steps);
    expect(again.answerStatus.shown).toBe(true);
  });

  it('puts the answer lower where a few words may mean many things', async () => {
    const sources = [
      bridge[0],
      [source('b', 'A bridge is a card game.'), ''],
      [source('c', 'A bridge is a part of a violin.'), ''],
    ] as const;
    const parts = { ...corpus(sources), reranker: fakeReranker({ a: 0.8, b: 0.75, c: 0.7 }) };
    const slot = async (text: string) =>
      (await search(parts, asking(text))).results.findIndex(({ type }) => type === 'answer');
    expect(await slot('When was the bridge opened?')).toBe(0);
    expect(await slot('bridge opening')).toBe(3);
  });

  it('lets nothing of the prompt out', async () => {
    const said = 'read the text below and answer';
    const parts = corpus([[bridge[0][0], said]]);
    const answering = (promptTexts: string[]) => ({ answering: { ...parts.answering!, promptTexts } });
    const statusWith = async (texts: string[]) => (await search({ ...parts, ...answering(texts) })).answerStatus;
    expect(await statusWith(['Read the text below and answer the question.'])).toMatchObject({
      shown: false,
      reason: 'failed-check',
      check: 'no-prompt-leak',
    });
    expect((await statusWith(['Something else is said here, at length.'])).check).not.toBe('no-prompt-leak');
  });

  it('names the check that an answer fails', async () => {
    const { answerStatus } = await search(corpus([[bridge[0][0], '1914']]));
    expect(answerStatus).toMatchObject({ shown: false, reason: 'failed-check', check: 'values-in-quote' });
  });

  it('asks a checker how far each claim follows from its quote, for the confidence', async () => {
    const asked: unknown[] = [];
    const entailment = {
      checkerId: 'checker@test',
      entails: async (claims: readonly { quote: string; claim: string }[]) => {
        asked.push(...claims);
        return claims.map(() => 0.7);
      },
    };
    const { trace } = await search({ ...corpus(bridge.slice(0, 1)), entailment }, { debug: true });
    expect(asked).toEqual([{ quote: 'The bridge was opened in 1912.', claim: 'Who invented the piano? 1912' }]);
    const choice = trace?.entries.find(({ stage }) => stage === 'choice')?.details;
    expect(choice).toMatchObject({ decision: { input: { contexts: { 'a#0': { entailment: 0.7 } } } } });
  });

  it('lets the answer guard withhold an answer, and replays that too', async () => {
    const withheldAs = (category: string) => ({
      guardId: 'guard@test',
      check: async () => ({ action: 'withhold' as const, category, score: 1 }),
    });
    const asked = async (category: string) =>
      search({ ...corpus(bridge.slice(0, 1)), answerGuard: withheldAs(category) }, { debug: true });
    expect((await asked('unsupported')).answerStatus.reason).toBe('no-evidence');
    const harmful = await asked('harm');
    expect(harmful.answerStatus).toMatchObject({ shown: false, strategy: 'decline', reason: 'unsafe-answer' });
    expect(harmful.safety).toEqual({ answerCategory: 'harm' });
    expect(replay(JSON.parse(JSON.stringify(harmful)), fakeCalibrator()).same).toBe(true);
  });

  it('withholds personal data unless the document or the site shows it', async () => {
    const parts = (metadata: Passage['metadata']) =>
      corpus([[source('a', 'Write to desk@example.org.', { metadata }), 'desk@example.org']]);
    expect((await search(parts({}))).answerStatus.check).toBe('no-personal-data');
    expect((await search(parts({ personalData: 'show' }))).answerStatus.shown).toBe(true);
    expect((await search(parts({}), {}, { personalData: 'show' })).answerStatus.shown).toBe(true);
    expect((await search(parts({ personalData: 'withhold' }), {}, { personalData: 'show' })).answerStatus.shown).toBe(
      false,
    );
  });

  it('puts the answer beside the hits when the request or the settings say so', async () => {
    const parts = corpus(bridge.slice(0, 1));
    const { answer } = searchRequest();
    const layoutOf = async (request: Partial<SearchRequest>, changed: Partial<PipelineSettings>) =>
      ((await search(parts, request, changed)).results[0] as AnswerResult).layout;
    expect(await layoutOf({}, {})).toBe('inline');
    expect(await layoutOf({}, { answerLayout: 'side-panel' })).toBe('side-panel');
    expect(await layoutOf({ answer: { ...answer, layout: 'inline' } }, { answerLayout: 'side-panel' })).toBe('inline');
  });
});

describe('groups of queries', () => {
  const group = {
    ...{ language: 'en', kind: 'question' as const, isotonic: { scores: [0.9], values: [0.3] }, minConfidence: 0.25 },
    ...{ questions: 300, right: 200, precision: 0.9, precisionLow: 0.85, shown: 100, calibrationError: 0.03 },
  };
  const { version: _, ...content } = fakeCalibrator();
  const calibrator = sealCalibrator({ ...content, groups: [group] });
  const parts = corpus(bridge.slice(0, 1));
  const grouped = { ...parts, answering: { ...parts.answering!, calibrator } };
  const question = asking('When was the bridge in the city opened?', { debug: true });

  it('have confidence and threshold of their own, in the replay too', async () => {
    const own = await search(grouped, question);
    const pooled = await search(parts, question);
    expect(own.answerStatus.shown).toBe(true);
    expect(own.answerStatus.confidence).not.toBeCloseTo(pooled.answerStatus.confidence ?? 0, 2);
    expect(own.trace?.entries.find(({ stage }) => stage === 'choice')?.details).toMatchObject({ minConfidence: 0.25 });
    expect(replay(JSON.parse(JSON.stringify(own)), calibrator).same).toBe(true);
  });

  it.each([
    ['another kind', asking('bridge opening', { debug: true }), {}],
    ['another language', asking('这座桥什么时候通车？', { debug: true }), {}],
    ['a query that was not looked at', question, { querySteps: [] as const }],
  ])('%s is pooled', async (_what, request, changed) => {
    const [own, pooled] = [await search(grouped, request, changed), await search(parts, request, changed)];
    expect(own.answerStatus).toEqual(pooled.answerStatus);
  });
});

describe('replay', () => {
  const dirs: string[] = [];
  afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));
  const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as never;

  const one = corpus(bridge.slice(0, 1));
  const answeringWith = (changes: Partial<NonNullable<PipelineParts['answering']>>) => ({
    ...one,
    answering: { ...one.answering!, ...changes },
  });
  const guardSaying = (verdict: QueryVerdict) => ({
    ...one,
    guard: { guardId: 'guard@test', check: async () => verdict },
  });
  const harm = { action: 'hits-only', category: 'self-harm', score: 1, notice: 'Call someone.' } as const;
  const rule = { action: 'hits-only', category: 'blocked', score: 1, overrideId: 'rule-7' } as const;
  const { answer } = searchRequest();
  const revolutions = corpus([
    [source('french', 'It began in 1789.', { title: 'French Revolution' }), '1789'],
    [source('russian', 'It began in 1917.', { title: 'Russian Revolution' }), '1917'],
  ]);
  const blocked: Override = {
    ...{ id: 'rule-8', tenant: 'default', match: 'document', value: 'a', action: 'block', reason: '' },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', createdBy: null },
  };
  const harmful: AnswerGuard = {
    guardId: 'guard@test',
    check: async () => ({ action: 'withhold', category: 'harm', score: 1 }),
  };
  const brokenWatch = Object.assign(new DriftMonitor({ calibrator: fakeCalibrator() }), {
    threshold: () => 'off' as const,
  });
  const when = asking('When was the bridge opened?');

  /** Every reason that a decision gives; the two that are no decisions follow. */
  const decisions: [AnswerReason, string, Partial<PipelineParts>, Partial<SearchRequest>][] = [
    ['shown', 'one source', one, when],
    ['shown', 'the newer source', corpus(dated('2019', '2024')), when],
    ['sources-disagree', 'two sources', corpus(bridge), when],
    ['ambiguous-query', 'two readings', revolutions, asking('When did the revolution begin?')],
    ['low-confidence', 'a strict caller', one, { ...when, answer: { ...answer, minConfidence: 0.99 } }],
    [
      'no-evidence',
      'nothing found',
      { ...one, passages: { retrieve: async () => ({ passages: [], degraded: [] }) } },
      when,
    ],
    ['no-evidence', 'the only document blocked', { ...one, overrides: fakeOverrides([blocked]) }, when],
    ['declined', 'a policy that declines', answeringWith({ generator: fakeGenerator([decline(bridge[0][0])]) }), when],
    ['unsafe-query', 'the guard', guardSaying(harm), when],
    ['unsafe-query', 'the blocklist', guardSaying(rule), when],
    ['unsafe-query', 'the guard, though it names a thing to get', guardSaying(harm), asking('buy a bridge')],
    ['failed-check', 'a wrong year', corpus([[bridge[0][0], '1914']]), when],
    ['not-a-question', 'a page', one, asking('www.bridge.example.org')],
    ['not-a-question', 'something to get', one, asking('bridge for sale')],
    ['promise-broken', 'a watch that turned answers off', { ...one, watch: brokenWatch }, when],
    ['unsafe-answer', 'the answer guard', { ...one, answerGuard: harmful }, when],
    ['off', 'the caller', one, { ...when, answer: { ...answer, mode: 'off' } }],
    ['off', 'the second page', one, { ...when, offset: 1 }],
    ['generator-unavailable', 'no generator', { ...one, answering: null }, when],
    ['generator-unavailable', 'no calibrator', answeringWith({ calibrator: null }), when],
  ];

  it.each(decisions)('decides %s again (%s)', async (reason, _what, parts, request) => {
    const reply = await search(parts, { ...request, debug: true });
    expect(reply.answerStatus.reason).toBe(reason);
    const found = replay(json(reply), fakeCalibrator());
    expect(found.same).toBe(true);
    expect(found.query).toBe(request.query?.text);
    const { recorded } = found;
    const said = recorded.status === 'answered' ? ['shown', 'sources-disagree'] : [recorded.reason];
    expect(said).toContain(reason);
    if (recorded.status === 'abstained' && reason === 'unsafe-query' && parts.guard)
      expect(recorded.notice).toBe(reply.answerStatus.notice);
  });

  it('needs no calibrator where none decided, and notices what else would be done today', async () => {
    const reply = json(await search(guardSaying(rule), { ...when, debug: true })) as {
      trace: { entries: { stage: string; details: { early: { input: { verdict: QueryVerdict } } } }[] };
    };
    expect(replay(reply, null)).toMatchObject({ calibrator: null, same: true });
    const { input } = reply.trace.entries.find(({ stage }) => stage === 'choice')!.details.early;
    expect(input.verdict).toEqual(rule);
    input.verdict = { action: 'allow' };
    expect(replay(reply, null)).toMatchObject({ same: false, replayed: null });
  });

  const failures: [AnswerReason, Partial<PipelineParts>, Partial<SearchRequest>, RegExp][] = [
    [
      'deadline',
      answeringWith({ generator: fakeGenerator([candidate(bridge[0][0], '1912', 1)], 500) }),
      { ...when, answer: { ...answer, deadlineMs: 50 } },
      /reason deadline: its time was over before anything was decided.*load of the machine/,
    ],
    [
      'generator-unavailable',
      answeringWith({
        rewardModel: { ...fakeReward({}), score: async () => Promise.reject(new ServiceError('inference-failed')) },
      }),
      when,
      /a part of it failed \(inference-failed\).*Late or failed: reward\./,
    ],
  ];

  it.each(failures)('says of %s why there is nothing to decide again', async (reason, parts, request, message) => {
    const reply = await search(parts, { ...request, debug: true });
    expect(reply.answerStatus.reason).toBe(reason);
    expect(() => replay(json(reply), fakeCalibrator())).toThrow(message);
  });

  it('has a case for every reason', () => {
    const tried = [...decisions, ...failures].map(([reason]) => reason);
    expect(new Set(tried)).toEqual(new Set(ANSWER_REASONS));
  });

  it('is not told what nobody asked for', async () => {
    const kept: unknown[] = [];
    const traces: TraceStore = { keep: async ({ trace }) => void kept.push(trace) };
    await search({ ...guardSaying(harm), traces }, when);
    expect(JSON.stringify(kept)).toContain('"early"');
    expect((await search(guardSaying(harm), when)).trace).toBeUndefined();
  });

  it('notices a decision that was changed in the twelfth digit', async () => {
    const reply = json(await search(corpus(bridge.slice(0, 1)), { debug: true })) as {
      trace: {
        entries: { stage: string; details: { decision: { input: { candidates: { rewardLogit: number }[] } } } }[];
      };
    };
    const choice = reply.trace.entries.find(({ stage }) => stage === 'choice')!;
    choice.details.decision.input.candidates[0]!.rewardLogit += 1e-12;
    expect(replay(reply, fakeCalibrator()).same).toBe(false);
  });

  it('refuses another calibrator, and what holds no decision', async () => {
    const reply = json(await search(corpus(bridge.slice(0, 1)), { debug: true }));
    const other = { ...fakeCalibrator(), version: 'another' };
    expect(() => replay(reply, other)).toThrow(expect.objectContaining({ code: 'calibrator-mismatch' }));
    expect(() => replay({}, other)).toThrow(/Nothing to replay/);
    expect(() => replay({ requestId: 'r', trace: { entries: [] } }, other)).toThrow(/came to no decision/);
  });

  it('keeps the latest traces in a folder, without debug and out of the reply', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'candor-traces-'));
    dirs.push(dir);
    const store = new FileTraceStore({ dir, limit: 2 });
    const kept: Promise<void>[] = [];
    const traces: TraceStore = {
      keep(trace) {
        kept.push(store.keep(trace));
        return kept.at(-1) as Promise<void>;
      },
    };
    for (const requestId of ['first', '..', 'a/b', 'last']) {
      const { trace } = await search({ ...corpus(bridge.slice(0, 1)), traces }, { requestId });
      expect(trace).toBeUndefined();
      await Promise.all(kept);
      await new Promise((resolve) => setTimeout(resolve, 20)); // Files are told apart by their time.
    }
    expect((await readdir(dir)).sort()).toEqual(['a%2Fb.trace.json', 'last.trace.json']);
    expect(replay(await readKeptTrace(dir, 'last'), fakeCalibrator())).toMatchObject({ requestId: 'last', same: true });
    await expect(readKeptTrace(dir, 'first')).rejects.toMatchObject({ code: 'not-found' });
  });
});
