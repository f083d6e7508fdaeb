import { describe, expect, it } from 'vitest';
import type { Answer, PassageResult } from '../../web/src/api-types.js';
import {
  MAX_HITS,
  PAGE_SIZE,
  reduce,
  type SearchAction,
  type SearchState,
  toResults,
} from '../../web/src/search-state.js';

const hits = (from: number, count: number): PassageResult[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'passage',
    id: `d#${from + index}`,
    documentId: 'd',
    title: 'D',
    url: '',
    snippet: 'text',
    highlights: [],
  }));

const answer: Answer = { text: '42', confidence: 0.9, citations: [] };
const hitsEnd = (count: number): SearchAction => ({
  type: 'hits-end',
  requestId: 'r',
  results: hits(0, count),
  timings: { hitsMs: 80 },
});
const answerEnd: SearchAction = {
  type: 'answer-end',
  outcome: { status: 'answered', answer, slot: 2, layout: 'inline' },
  answerStatus: { shown: true, reason: 'shown', confidence: 0.9 },
};
const run = (...actions: SearchAction[]): SearchState =>
  actions.reduce(reduce, reduce({ phase: 'idle' }, { type: 'search-start', query: 'q' }));

describe('reduce', () => {
  it('shows hits while the answer is pending', () => {
    expect(run(hitsEnd(3))).toMatchObject({ phase: 'found', answer: { phase: 'pending' }, more: 'none', hitsMs: 80 });
  });

  it('puts the answer at its slot and keeps every hit', () => {
    const state = run(hitsEnd(3), answerEnd);
    if (state.phase !== 'found') throw new Error('no hits');
    expect(toResults(state).map((result) => (result.type === 'answer' ? 'answer' : result.id))).toEqual([
      'd#0',
      'd#1',
      'answer',
      'd#2',
    ]);
  });

  it('keeps an answer that stands beside the hits out of them', () => {
    const outcome = { status: 'answered', answer, slot: 0, layout: 'side-panel' } as const;
    const state = run(hitsEnd(3), { ...answerEnd, outcome });
    if (state.phase !== 'found') throw new Error('no hits');
    expect(toResults(state).map(({ type }) => type)).toEqual(['passage', 'passage', 'passage']);
  });

  it('keeps the reason of an answer that is not shown', () => {
    const status = { shown: false, reason: 'declined' } as const;
    const end: SearchAction = { type: 'answer-end', outcome: { status: 'abstained' }, answerStatus: status };
    expect(run(hitsEnd(1), end, { type: 'search-end', timings: {} })).toMatchObject({
      answer: { phase: 'absent', status },
    });
  });

  it('notices a stream that ends before the answer', () => {
    expect(run(hitsEnd(1), { type: 'stream-close' })).toMatchObject({ answer: { phase: 'interrupted' } });
    expect(run(hitsEnd(1), answerEnd, { type: 'stream-close' })).toMatchObject({ answer: { phase: 'shown' } });
  });

  it('fails only while there are no hits', () => {
    const fail: SearchAction = { type: 'search-fail', problem: { code: 'overloaded' } };
    expect(run(fail)).toEqual({ phase: 'failed', query: 'q', problem: { code: 'overloaded' } });
    expect(run(hitsEnd(1), fail)).toMatchObject({ phase: 'found' });
  });

  it('goes through pages until one is not full, and shows no hit twice', () => {
    const first = run(hitsEnd(PAGE_SIZE));
    expect(first).toMatchObject({ more: 'ready', offset: 10 });
    const second = reduce(first, { type: 'more-end', results: hits(9, PAGE_SIZE) });
    expect(second).toMatchObject({ more: 'ready', offset: 20 });
    expect(second.phase === 'found' && second.hits).toHaveLength(19);
    expect(reduce(second, { type: 'more-end', results: [] })).toMatchObject({ more: 'none', offset: 20 });
    expect(reduce(second, { type: 'more-fail' })).toMatchObject({ more: 'failed', offset: 20 });
  });

  it('goes no further than the service does', () => {
    let state = run(hitsEnd(PAGE_SIZE));
    for (let shown = PAGE_SIZE; shown < MAX_HITS - PAGE_SIZE; shown += PAGE_SIZE) {
      state = reduce(state, { type: 'more-end', results: hits(shown, PAGE_SIZE) });
      expect(state).toMatchObject({ more: 'ready', offset: shown + PAGE_SIZE });
    }
    expect(reduce(state, { type: 'more-end', results: hits(990, PAGE_SIZE) })).toMatchObject({ more: 'none' });
  });

  it('keeps another spelling beside the query as it was typed', () => {
    const suggestion = { query: 'right', searched: false };
    const end: SearchAction = { type: 'hits-end', requestId: 'r', results: [], timings: {}, suggestion };
    expect(run(end)).toMatchObject({ query: 'q', suggestion });
    expect(run(hitsEnd(1))).not.toHaveProperty('suggestion');
  });

  it('ignores what does not fit', () => {
    expect(reduce({ phase: 'idle' }, answerEnd)).toEqual({ phase: 'idle' });
    expect(run(answerEnd)).toEqual({ phase: 'searching', query: 'q' });
  });
});
