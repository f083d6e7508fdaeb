import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import type { GenerationRequest } from '../../src/generator/generator.js';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import type { PipelineParts } from '../../src/pipeline/parts.js';
import type { AnswerReader } from '../../src/ranking/answer-reader.js';
import type { RetrieverFailure } from '../../src/retrieval/retriever.js';
import type { SearchEvent, SearchRequest } from '../../src/types.js';
import {
  candidate,
  cristofori,
  decline,
  documentOf,
  fakeCalibrator,
  fakeGenerator,
  fakeParts,
  fakeReranker,
  fakeReward,
  harp,
  never,
  organ,
  passage,
  piano,
  scored,
  searchRequest,
  settings,
  sleep,
} from './fakes.js';

const signal = AbortSignal.timeout(20_000);

function search(parts: Partial<PipelineParts>, request: Partial<SearchRequest> = {}, changed = {}) {
  return createAnswerPipeline(fakeParts(parts), { ...settings, ...changed }).search(searchRequest(request), signal);
}

const answering = (changes: Partial<NonNullable<PipelineParts['answering']>>) => ({
  answering: { ...fakeParts().answering!, ...changes },
});

describe('a search that goes well', () => {
  it('puts the answer among the hits, with its quote and confidence', async () => {
    const { results, answerStatus, timings, ...rest } = await search({});
    expect(results.map((result) => (result.type === 'answer' ? 'answer' : result.documentId))).toEqual([
      'answer',
      'piano',
      'harp',
      'organ',
    ]);
    expect(results[0]).toEqual({
      type: 'answer',
      layout: 'inline',
      text: 'Bartolomeo Cristofori',
      confidence: expect.closeTo(0.9526, 3),
      citations: [
        {
          passageId: 'piano#0',
          documentId: 'piano',
          url: 'https://example.org/piano',
          quote: 'Bartolomeo Cristofori invented it in Florence.',
          start: 23,
          end: 69,
        },
      ],
    });
    expect(results[1]).toMatchObject({
      score: 0.9,
      highlights: [
        { start: 4, end: 9 },
        { start: 45, end: 53 },
      ],
    });
    expect(answerStatus).toEqual({
      shown: true,
      strategy: 'answer',
      reason: 'shown',
      confidence: expect.closeTo(0.9526, 3),
    });
    expect(Object.keys(timings).sort()).toEqual([
      'choiceMs',
      'generationMs',
      'hitsMs',
      'passageGuardMs',
      'queryGuardMs',
      'rerankingMs',
      'retrievalMs',
      'rewardMs',
      'spellingMs',
      'totalMs',
      'understandingMs',
    ]);
    expect(rest).toEqual({ requestId: 'request-1' });
  });

  it('ranks the hits by the reranker and the rest as it was', async () => {
    const reranker = fakeReranker({ piano: 0.1, harp: 0.9 });
    const { results } = await search(
      { reranker },
      { answer: { mode: 'off', deadlineMs: 100, candidates: 1 } },
      { rerankDepth: 2 },
    );
    expect(results.map((result) => 'id' in result && [result.id, result.score])).toEqual([
      ['harp#0', 0.9],
      ['piano#0', 0.1],
      ['organ#0', 1 / 63],
    ]);
  });

  it('lets a relevant hit stand above a less certain answer', async () => {
    const reranker = fakeReranker({ harp: 0.99, piano: 0.5 });
    const { results } = await search({ reranker });
    expect(results.map(({ type }) => type)).toEqual(['passage', 'answer', 'passage', 'passage']);
  });

  it('explains itself when asked to', async () => {
    const { trace } = await search({}, { debug: true });
    const details = Object.fromEntries(trace!.entries.map((entry) => [entry.stage, entry.details]));
    expect(details.retrieval?.passages).toHaveLength(3);
    expect(details.generation).toMatchObject({ modelId: 'policy@test', passages: ['piano#0', 'harp#0', 'organ#0'] });
    expect(details.reward?.candidates).toHaveLength(3);
    expect(details.choice).toMatchObject({ minConfidence: 0.8, calibrator: fakeCalibrator().version });
    expect(trace!.entries.every(({ outcome }) => outcome === 'ok')).toBe(true);
  });
});

describe('pages', () => {
  /** Back ends that hold so many passages, every third a copy of the one before. */
  function manyPassages(count: number, isCopy = (index: number) => index % 3 === 2) {
    const all = Array.from({ length: count }, (_, index) =>
      passage(`d${index}`, `Number ${isCopy(index) ? index - 1 : index} stands alone among the many passages here.`),
    );
    const asked: number[][] = [];
    const source = {
      async retrieve(_query: unknown, limits: readonly number[]) {
        asked.push([...limits]);
        return { passages: scored(all.slice(0, limits.at(-1))), degraded: [] };
      },
    };
    return { source, asked };
  }
  const pageIds = async (parts: Partial<PipelineParts>, request: Partial<SearchRequest>) => {
    const { results } = await search({ reranker: null, ...parts }, { answer: off, ...request });
    return results.flatMap((result) => (result.type === 'passage' ? [result.id] : []));
  };
  const off = { mode: 'off', deadlineMs: 2_000, candidates: 4 } as const;

  it('cuts the page out of the ranking and fetches as much as it needs', async () => {
    const { source, asked } = manyPassages(3);
    const page = await search({ passages: source }, { limit: 100, offset: 1 });
    expect(page.results.map((result) => 'id' in result && result.id)).toEqual(['d1#0']);
    expect(page.answerStatus.reason).toBe('off');
    expect(asked).toEqual([[100, 1_000]]);
  });

  it('is short only where there is no more: copies that are left out make room for what comes next', async () => {
    const { source, asked } = manyPassages(1_600);
    const ids: string[] = [];
    for (let offset = 0; offset < 1_000; offset += 100) {
      ids.push(...(await pageIds({ passages: source }, { limit: 100, offset })));
    }
    const kept = Array.from({ length: 1_600 }, (_, index) => index).filter((index) => index % 3 !== 2);
    expect(ids).toEqual(kept.slice(0, 1_000).map((index) => `d${index}#0`));
    // The first page had 67 of 100, which were not all there were; the second one needs more than 100 anyway.
    expect(asked.slice(0, 3)).toEqual([[100], [100, 1_000], [100, 1_000]]);
    expect(asked.at(-1)).toEqual([100, 1_000, 2_000]);

    const few = manyPassages(150);
    expect(await pageIds({ passages: few.source }, { limit: 60, offset: 60 })).toHaveLength(40);
  });

  it('keeps what it has when there is no time to fetch more', async () => {
    const { source } = manyPassages(1_600);
    const passages = {
      async retrieve(query: unknown, limits: readonly number[]) {
        if (limits.length > 1) throw new ServiceError('retrieval-unavailable');
        return source.retrieve(query, limits);
      },
    };
    expect(await pageIds({ passages }, { limit: 100 })).toHaveLength(67);
  });

  it('shows no more hits of a document than asked for, page after page', async () => {
    const found = scored([piano, { ...piano, id: 'piano#1' }, harp, { ...piano, id: 'piano#2' }, organ]);
    const passages = { retrieve: async () => ({ passages: found, degraded: [] }) };
    const page = async (request: Partial<SearchRequest>) => {
      const { results } = await search({ passages, reranker: null }, { ...request, limit: 2 });
      return results.flatMap((result) => (result.type === 'passage' ? [result.id] : []));
    };
    expect(await page({ offset: 0 })).toEqual(['piano#0', 'piano#1']);
    expect(await page({ offset: 0, passagesPerDocument: 1 })).toEqual(['piano#0', 'harp#0']);
    expect(await page({ offset: 2, passagesPerDocument: 1 })).toEqual(['organ#0']);
    expect(await page({ offset: 2, passagesPerDocument: 2 })).toEqual(['harp#0', 'organ#0']);
  });
});

describe('no answer', () => {
  it.each<[string, Partial<PipelineParts>, Partial<SearchRequest>]>([
    ['off', {}, { answer: { mode: 'off', deadlineMs: 1_000, candidates: 4 } }],
    ['no-evidence', { passages: { retrieve: async () => ({ passages: [], degraded: [] }) } }, {}],
    ['declined', answering({ generator: fakeGenerator([decline(piano), decline(harp)]) }), {}],
    [
      'declined',
      answering({
        rewardModel: fakeReward({ 'Bartolomeo Cristofori': -1, Ctesibius: -2 }),
        generator: fakeGenerator([cristofori, decline(piano)]),
      }),
      {},
    ],
    ['low-confidence', answering({ rewardModel: fakeReward({ 'Bartolomeo Cristofori': 0.5 }) }), {}],
    ['generator-unavailable', { answering: null }, {}],
    ['generator-unavailable', answering({ calibrator: null }), {}],
    [
      'generator-unavailable',
      answering({
        rewardModel: { ...fakeReward({}), score: async () => Promise.reject(new ServiceError('inference-failed')) },
      }),
      {},
    ],
    [
      'deadline',
      answering({ generator: fakeGenerator([cristofori], 500) }),
      { answer: { mode: 'auto', deadlineMs: 50, candidates: 4 } },
    ],
  ])('%s', async (reason, parts, request) => {
    const { results, answerStatus } = await search(parts, request);
    expect(answerStatus).toMatchObject({ shown: false, reason });
    expect(results.every(({ type }) => type === 'passage')).toBe(true);
  });

  it('says how sure the best candidate was', async () => {
    const parts = answering({ rewardModel: fakeReward({ 'Bartolomeo Cristofori': 0 }) });
    expect((await search(parts)).answerStatus.confidence).toBeCloseTo(0.5, 5);
  });

  it('takes the threshold of the request before that of the settings, and that before the calibrator', async () => {
    const parts = answering({ rewardModel: fakeReward({ 'Bartolomeo Cristofori': 0.5 }) }); // Confidence 0.62.
    const answer = { mode: 'auto', deadlineMs: 1_000, candidates: 4, minConfidence: 0.6 } as const;
    expect((await search(parts, { answer })).answerStatus.shown).toBe(true);
    expect((await search(parts, {}, { minConfidence: 0.6 })).answerStatus.shown).toBe(true);
    expect((await search({}, { answer: { ...answer, minConfidence: 0.99 } })).answerStatus.reason).toBe(
      'low-confidence',
    );
  });

  it('shows an answer below the hits when a caller wants unlikely ones', async () => {
    const parts = answering({
      rewardModel: fakeReward({ 'Bartolomeo Cristofori': -1, Ctesibius: -5 }),
      generator: fakeGenerator([cristofori]),
    });
    const answer = { mode: 'auto', deadlineMs: 1_000, candidates: 4, minConfidence: 0 } as const;
    expect((await search(parts, { answer })).results.at(-1)).toMatchObject({ type: 'answer' });
  });

  it('keeps the hits of an unsafe query and passes on where to find help', async () => {
    const guard = {
      guardId: 'test',
      check: async () => ({ action: 'hits-only', category: 'self-harm', score: 1, notice: 'Call someone.' }) as const,
    };
    const { results, answerStatus } = await search({ guard });
    expect(results).toHaveLength(3);
    expect(answerStatus).toEqual({
      shown: false,
      strategy: 'decline',
      reason: 'unsafe-query',
      notice: 'Call someone.',
      message: 'Questions of this kind are searched, but not answered.',
    });
  });

  it('answers nothing when the guard fails', async () => {
    const guard = { guardId: 'test', check: async () => Promise.reject(new Error('no guard')) };
    expect((await search({ guard })).answerStatus.reason).toBe('generator-unavailable');
  });

  it.each([
    ['changed', { ...documentOf(piano), text: 'Somebody else invented it.' }],
    ['deleted or hidden', null],
  ])('shows no quote of a document that was %s in the meantime', async (_what, document) => {
    const { answerStatus } = await search({ documents: { getDocument: async () => document } });
    expect(answerStatus).toMatchObject({ shown: false, reason: 'no-evidence' });
  });
});

describe('candidates', () => {
  it('come from the best passages, each text once', async () => {
    let read: string[] = [];
    const generator = {
      ...fakeGenerator([]),
      async *generate({ passages }: { passages: readonly { id: string }[] }) {
        read = passages.map(({ id }) => id);
        yield cristofori;
      },
    };
    const copy = { ...passage('copy', piano.text.toUpperCase()) };
    const passages = { retrieve: async () => ({ passages: scored([piano, copy, harp, organ]), degraded: [] }) };
    await search({ passages, reranker: null, ...answering({ generator }) });
    expect(read).toEqual(['piano#0', 'harp#0', 'organ#0']);
  });

  it('that are ready when the time for writing is over are enough', async () => {
    const slow = {
      ...fakeGenerator([]),
      async *generate(_request: unknown, stop: AbortSignal) {
        yield cristofori;
        await sleep(10_000, stop);
        yield candidate(organ, 'Ctesibius', 1);
      },
    };
    const answer = { mode: 'auto', deadlineMs: 300, candidates: 4 } as const;
    const { answerStatus, trace } = await search(answering({ generator: slow }), { answer, debug: true });
    expect(answerStatus.shown).toBe(true);
    expect(trace?.entries.find(({ stage }) => stage === 'generation')).toMatchObject({ outcome: 'late' });
  });

  it('are scored passage by passage, whatever the order in which they came', async () => {
    let order: string[] = [];
    const rewardModel = {
      ...fakeReward({}),
      async score(items: readonly { candidate: { passageId: string } }[]) {
        order = items.map((item) => item.candidate.passageId);
        return items.map(() => 0);
      },
    };
    const generator = fakeGenerator([decline(harp), cristofori, decline(harp), decline(piano)]);
    await search(answering({ generator, rewardModel }));
    expect(order).toEqual(['piano#0', 'piano#0', 'harp#0', 'harp#0']);
  });
});

describe('a second reader', () => {
  // Sure of the two words of the answer in "… by Bartolomeo Cristofori …", and of nothing elsewhere.
  const marks: AnswerReader['read'] = async ({ passage: { text } }) => {
    const tokens = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ start: index, end: index + word.length }));
    const of = (wanted: string) =>
      tokens.map(({ start, end }) => Math.log(text.slice(start, end) === wanted ? 0.9 : 0.001));
    return { tokens, begins: of('Bartolomeo'), ends: of('Cristofori') };
  };
  const ask = async (read: AnswerReader['read'], request: Partial<SearchRequest> = {}) => {
    const generator = fakeGenerator([cristofori, decline(harp), candidate(organ, 'Ctesibius', 1)]);
    const asked: unknown[] = [];
    const generate = (given: GenerationRequest, signal: AbortSignal) => {
      asked.push(given.suggestions && [...given.suggestions]);
      return generator.generate(given, signal);
    };
    const parts = { reader: { modelId: 'reader@test', read }, ...answering({ generator: { ...generator, generate } }) };
    const { trace, answerStatus } = await search(parts, { debug: true, ...request });
    const reward = trace?.entries.find(({ stage }) => stage === 'reward')?.details;
    const candidates = reward?.candidates as { text: string; readerAgreement?: number | null }[];
    return {
      ...{ answerStatus, suggestions: asked[0], reading: trace?.entries.find(({ stage }) => stage === 'reading') },
      agreements: new Map(candidates.map(({ text, readerAgreement }) => [text, readerAgreement])),
    };
  };

  it('says of each answer how far it agrees, and suggests what it would answer itself', async () => {
    const { agreements, suggestions } = await ask(marks);
    expect(agreements.get('Bartolomeo Cristofori')).toBeCloseTo(0.81, 2);
    expect(agreements.get('Ctesibius')).toBeLessThan(0.01);
    expect(agreements.get('')).toBeUndefined();
    expect(suggestions).toEqual([['piano#0', 'Bartolomeo Cristofori']]);
  });

  it.each([
    ['fails', async () => Promise.reject(new ServiceError('inference-failed')), 'ok'],
    ['is deaf to its signal', never, 'late'],
  ] as const)('that %s leaves its word unknown, and the answer is judged without', async (_what, read, outcome) => {
    const { answerStatus, agreements, suggestions, reading } = await ask(read as AnswerReader['read'], {
      answer: { ...searchRequest().answer, deadlineMs: 400 },
    });
    expect(agreements.get('Bartolomeo Cristofori')).toBeUndefined();
    expect(suggestions).toEqual([]);
    expect(reading?.outcome).toBe(outcome);
    expect(answerStatus.shown).toBe(true);
  });
});

describe('late and failing stages', () => {
  it.each([
    ['late', fakeReranker({}, 5_000)],
    ['deaf to its signal', { ...fakeReranker({}), rerank: never }],
    ['failing', { ...fakeReranker({}), rerank: async () => Promise.reject(new ServiceError('inference-failed')) }],
  ] as const)('a reranker that is %s leaves the fused order', async (_what, reranker) => {
    const { results, degraded, answerStatus } = await search(
      { reranker: reranker as never },
      {},
      { rerankTimeoutMs: 50 },
    );
    expect(results.filter(({ type }) => type === 'passage')).toHaveLength(3);
    expect(degraded).toEqual(['reranker']);
    expect(answerStatus.shown).toBe(true);
  });

  it('says which part gave nothing, and the trace which store that was', async () => {
    const failures: RetrieverFailure[] = [{ name: 'qdrant', kind: 'dense', code: 'deadline-exceeded' }];
    const passages: Partial<PipelineParts>['passages'] = {
      retrieve: async () => ({ passages: scored([piano]), degraded: ['dense'], failures }),
    };
    const { degraded, trace } = await search({ passages }, { debug: true });
    expect(degraded).toEqual(['dense']);
    expect(trace?.entries.find(({ stage }) => stage === 'retrieval')?.details).toMatchObject({ failures });
  });

  it('fails only when there are no hits to be had', async () => {
    const passages = { retrieve: async () => Promise.reject(new ServiceError('retrieval-unavailable')) };
    await expect(search({ passages })).rejects.toMatchObject({ code: 'retrieval-unavailable' });
    await expect(search({ passages: { retrieve: never } }, {}, { hitsTimeoutMs: 30 })).rejects.toMatchObject({
      code: 'retrieval-unavailable',
    });
  });

  it('drops a late answer, even of a generator that is deaf to its signal', async () => {
    const generator = { ...fakeGenerator([]), generate: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) };
    const answer = { mode: 'auto', deadlineMs: 100, candidates: 4 } as const;
    const startedAt = performance.now();
    const { answerStatus } = await search(answering({ generator: generator as never }), { answer });
    expect(answerStatus.reason).toBe('deadline');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('a stream', () => {
  const events = async (parts: Partial<PipelineParts>, request: Partial<SearchRequest> = {}) => {
    const all: SearchEvent[] = [];
    for await (const event of createAnswerPipeline(fakeParts(parts), settings).stream(searchRequest(request), signal)) {
      all.push(event);
    }
    return all;
  };

  it('sends hits, answer and end', async () => {
    const [hits, answer, end] = await events({}, { debug: true });
    expect(hits).toMatchObject({ type: 'hits-end', results: [{ id: 'piano#0' }, { id: 'harp#0' }, { id: 'organ#0' }] });
    expect(answer).toMatchObject({ type: 'answer-end', outcome: { status: 'answered', slot: 0 } });
    expect(end).toMatchObject({ type: 'search-end', trace: { entries: expect.any(Array) } });
  });

  it('lets the hits leave before the answer, and works on while nobody reads', async () => {
    const generator = fakeGenerator([cristofori], 100);
    const pipeline = createAnswerPipeline(fakeParts(answering({ generator })), settings);
    const iterator = pipeline.stream(searchRequest(), signal)[Symbol.asyncIterator]();
    const startedAt = performance.now();
    expect((await iterator.next()).value).toMatchObject({ type: 'hits-end' });
    expect(performance.now() - startedAt).toBeLessThan(100);
    await sleep(200);
    const readAt = performance.now();
    expect((await iterator.next()).value).toMatchObject({ type: 'answer-end', answerStatus: { shown: true } });
    expect(performance.now() - readAt).toBeLessThan(80);
    await iterator.return?.(undefined);
  });

  it('stops the generator when the reader leaves', async () => {
    const generator = fakeGenerator([cristofori], 5_000);
    const pipeline = createAnswerPipeline(fakeParts(answering({ generator })), settings);
    for await (const { type } of pipeline.stream(searchRequest(), signal)) {
      if (type !== 'hits-end') continue;
      await sleep(10); // The generator begins behind the passage guard.
      break;
    }
    await sleep(10);
    expect(generator.stopped).toBe(true);
  });
});

describe('a caller who goes away', () => {
  it('stops the work in flight and gets its own error', async () => {
    const generator = fakeGenerator([cristofori], 5_000);
    const controller = new AbortController();
    const running = createAnswerPipeline(fakeParts(answering({ generator })), settings).search(
      searchRequest(),
      controller.signal,
    );
    setTimeout(() => controller.abort(), 30);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(generator.stopped).toBe(true);
  });

  it('does nothing for one who is gone already', async () => {
    const pipeline = createAnswerPipeline(fakeParts(), settings);
    await expect(pipeline.search(searchRequest(), AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});
