import { describe, expect, it } from 'vitest';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import type { PipelineParts, PipelineSettings } from '../../src/pipeline/parts.js';
import type { Passage, Query, SearchRequest } from '../../src/types.js';
import { fakeParts, passage, scored, searchRequest, settings } from './fakes.js';

const signal = AbortSignal.timeout(20_000);
const access = { tenant: 'default', groups: [] };

function search(
  parts: Partial<PipelineParts>,
  text: string,
  request: Partial<SearchRequest> = {},
  changed: Partial<PipelineSettings> = {},
) {
  const asked = searchRequest({
    query: { text, access },
    answer: { mode: 'off', deadlineMs: 3_000, candidates: 1 },
    ...request,
  });
  return createAnswerPipeline(fakeParts({ reranker: null, ...parts }), { ...settings, ...changed }).search(
    asked,
    signal,
  );
}

/** Finds the passages that have a word of the query, by words. */
function source(passages: readonly Passage[], near: readonly Passage[] = passages) {
  const asked: Query[] = [];
  return {
    asked,
    retrieve: async (query: Query) => {
      asked.push(query);
      const words = query.text.toLowerCase().split(/\W+/);
      const found = passages.filter(({ text }) => words.some((word) => word && text.toLowerCase().includes(word)));
      return { passages: scored(found).map((one) => ({ ...one, bm25Score: 1 })), degraded: [] };
    },
    similar: async () => scored(near),
  };
}

const piano = passage('piano', 'The piano has black keys.');
const organ = passage('organ', 'The organ has keys, and pipes.');

describe('what a query says besides its words', () => {
  const ids = async (parts: ReturnType<typeof source>, text: string, changed?: Partial<PipelineSettings>) =>
    (await search({ passages: parts }, text, {}, changed)).results.map(
      (hit) => hit.type === 'passage' && hit.documentId,
    );

  it('phrases must be there and excluded words must not; the stores see neither sign', async () => {
    const parts = source([organ, piano]);
    expect(await ids(parts, '"black keys"')).toEqual(['piano']);
    expect(await ids(parts, 'keys -pipes')).toEqual(['piano']);
    expect(parts.asked.map(({ text }) => text)).toEqual(['black keys', 'keys']);
    expect(await ids(source([organ, piano]), '"black keys"', { querySteps: [] })).toEqual(['organ', 'piano']);
  });

  it('after: narrows the filter of the caller and never widens it', async () => {
    const parts = source([piano]);
    const filter = { dateFrom: '2024-06-01', languages: ['en'] };
    await search({ passages: parts }, 'keys after:2023 before:2025', {
      query: { text: 'keys after:2023 before:2025', access, filter },
    });
    expect(parts.asked[0]?.filter).toEqual({ dateFrom: '2024-06-01', dateTo: '2025', languages: ['en'] });
  });

  it('the trace says what was understood', async () => {
    const { trace } = await search({ passages: source([piano]) }, 'latest piano keys', { debug: true });
    const entry = trace?.entries.find(({ stage }) => stage === 'understanding');
    expect(entry?.details).toMatchObject({ text: 'latest piano keys', intent: 'keyword', prefersNewer: true });
  });
});

describe('did you mean', () => {
  it('suggests, and leaves the results of the query as it was typed', async () => {
    const parts = source([piano, organ]);
    const { results, suggestion } = await search({ passages: parts }, 'Paino keys');
    expect(suggestion).toEqual({ query: 'Piano keys', searched: false });
    expect(results).toHaveLength(2);
    expect(parts.asked).toHaveLength(1);
  });

  it('searches the suggestion when there was nothing, and says so', async () => {
    const { results, suggestion } = await search({ passages: source([piano, organ]) }, 'paino');
    expect(suggestion).toEqual({ query: 'piano', searched: true });
    expect(results).toMatchObject([{ documentId: 'piano' }]);
  });

  it('says nothing where all is known, nothing is near, the step is off, or it fails', async () => {
    const none = async (parts: Partial<PipelineParts>, text: string, changed?: Partial<PipelineSettings>) =>
      expect(await search(parts, text, {}, changed)).not.toHaveProperty('suggestion');
    await none({ passages: source([piano]) }, 'piano keys');
    await none({ passages: source([piano]) }, 'trumpet keys');
    await none({ passages: source([piano]), isWord: (word) => word === 'paino' }, 'paino keys');
    await none({ passages: source([piano]) }, 'Paino Bator');
    await none({ passages: source([piano]) }, 'paino keys', { querySteps: ['operators'] });
    const failing = { ...source([piano]), similar: () => Promise.reject(new Error('down')) };
    await none({ passages: failing }, 'paino keys');
  });
});

describe('copies and diversity', () => {
  const copies = Array.from({ length: 10 }, (_, at) =>
    passage(`copy${at}`, `${piano.text} ${piano.text} It is number ${at % 2}.`),
  );

  it('ten copies of one page do not fill the page; a request may ask for them', async () => {
    const parts = { passages: source([...copies, organ]) };
    const hidden = await search(parts, 'keys');
    expect(hidden.results).toMatchObject([{ documentId: 'copy0', nearDuplicates: 9 }, { documentId: 'organ' }]);
    expect(hidden.results[1]).not.toHaveProperty('nearDuplicates');
    expect((await search(parts, 'keys', { nearDuplicates: 'show' })).results).toHaveLength(10);
    expect((await search(parts, 'keys', {}, { nearDuplicates: 'show' })).results).toHaveLength(10);
  });

  it('diversity changes the page, by request or by setting', async () => {
    const parts = {
      passages: source([
        piano,
        passage('p2', 'The piano has many black keys.'),
        passage('p3', 'Each key of a pipe organ.'),
      ]),
    };
    const first = async (request: Partial<SearchRequest>, changed: Partial<PipelineSettings>) =>
      (await search(parts, 'key', request, changed)).results.map((hit) => hit.type === 'passage' && hit.documentId);
    expect(await first({}, {})).toEqual(['piano', 'p2', 'p3']);
    expect(await first({ diversity: 0.8 }, {})).toEqual(['piano', 'p3', 'p2']);
    expect(await first({}, { diversity: 0.8 })).toEqual(['piano', 'p3', 'p2']);
    expect(await first({ diversity: 0 }, { diversity: 0.8 })).toEqual(['piano', 'p2', 'p3']);
  });
});
