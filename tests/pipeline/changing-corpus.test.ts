import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ExtractiveGenerator } from '../../src/generator/drivers/extractive.js';
import { PassageCache } from '../../src/generator/drivers/passage-cache.js';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import type { PipelineParts } from '../../src/pipeline/parts.js';
import { EmbeddedIndex } from '../../src/retrieval/drivers/embedded.js';
import { DEFAULT_FUSION } from '../../src/retrieval/fusion.js';
import { HybridRetriever } from '../../src/retrieval/hybrid-retriever.js';
import type { AnswerResult, SearchResponse, SourceDocument } from '../../src/types.js';
import { document, put, signal } from '../contracts/back-end.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';
import { fakeCalibrator, fakeParts, searchRequest, settings } from './fakes.js';

const root = await mkdtemp(join(tmpdir(), 'candor-changing-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const access = { tenant: 'default', groups: [] };

/** The embedded index, and a pipeline over it whose answers are whole sentences, all of them sure. */
async function openSite(name: string, more: Partial<PipelineParts> = {}) {
  const embedder = new WordEmbedder();
  const index = new EmbeddedIndex({ dir: join(root, name), embedder });
  const write = (id: string, text: string, changes: Partial<SourceDocument> = {}) =>
    put({ indexer: index, retrievers: [] }, embedder, { ...document(id, text), ...changes });
  const retriever = new HybridRetriever({
    retrievers: [index.lexicalRetriever(), index.denseRetriever()],
    embedder,
    fusion: DEFAULT_FUSION,
    timeoutMs: 20_000,
  });
  const parts = fakeParts({
    passages: retriever,
    documents: index,
    reranker: null,
    answering: {
      generator: new ExtractiveGenerator(),
      rewardModel: { ...fakeParts().answering!.rewardModel, score: async (items) => items.map(() => 3) },
      calibrator: fakeCalibrator(),
    },
    ...more,
  });
  const pipeline = createAnswerPipeline(parts, { ...settings, hitsTimeoutMs: 20_000 });
  const ask = (text: string) =>
    pipeline.search(
      searchRequest({ query: { text, access }, answer: { mode: 'auto', deadlineMs: 20_000, candidates: 4 } }),
      signal,
    );
  return { index, write, ask };
}

const answerOf = ({ results }: SearchResponse) =>
  results.find(({ type }) => type === 'answer') as AnswerResult | undefined;

describe('knowledge that changes', () => {
  it('answers anew what was edited, and never shows the old quote', async () => {
    const { write, ask } = await openSite('edited');
    const question = 'Who is the mayor of Springfield?';
    await write('town', 'The mayor of Springfield is Joe Quimby. It has a river.');
    expect(answerOf(await ask(question))?.text).toContain('Joe Quimby');
    await write('town', 'The mayor of Springfield is Lisa Simpson. It has a river.');
    const after = await ask(question);
    expect(answerOf(after)?.text).toContain('Lisa Simpson');
    expect(answerOf(after)?.citations[0]?.quote).toBe('The mayor of Springfield is Lisa Simpson.');
    expect(JSON.stringify(after)).not.toContain('Quimby');
  });

  it('answers nothing from what was deleted', async () => {
    const { index, write, ask } = await openSite('deleted');
    await write('town', 'The mayor of Springfield is Joe Quimby.');
    expect(answerOf(await ask('Who is the mayor of Springfield?'))).toBeDefined();
    await index.delete('default', ['town'], signal);
    const after = await ask('Who is the mayor of Springfield?');
    expect([after.results, after.answerStatus.reason]).toEqual([[], 'no-evidence']);
  });

  it('shows no quote of a document that is edited between the search and the reply', async () => {
    let edit = async () => {};
    const base = fakeParts().answering!;
    const site = await openSite('raced', {
      answering: {
        ...base,
        generator: new ExtractiveGenerator(),
        rewardModel: {
          ...base.rewardModel,
          async score(items) {
            await edit();
            return items.map(() => 3);
          },
        },
      },
    });
    await site.write('town', 'The mayor of Springfield is Joe Quimby.');
    edit = async () => void (await site.write('town', 'Nobody is the mayor of Springfield any more.'));
    const { answerStatus, results } = await site.ask('Who is the mayor of Springfield?');
    expect(answerStatus).toMatchObject({ shown: false, reason: 'no-evidence' });
    expect(results.every(({ type }) => type === 'passage')).toBe(true);
  });

  it('lets the newer source win where dates conflict, and says as of when', async () => {
    const { write, ask } = await openSite('dated');
    await write('old', 'The museum of Springfield closes at 18 hours.', { date: '2019-03-01' });
    await write('new', 'The museum of Springfield closes at 20 hours.', { date: '2025-03-01' });
    const first = await ask('When does the museum of Springfield close?');
    expect(answerOf(first)).toMatchObject({ asOf: '2025-03-01', citations: [{ documentId: 'new' }] });
    // The older one is corrected and is now the newest: it wins in turn.
    await write('old', 'The museum of Springfield closes at 21 hours.', { date: '2026-01-01' });
    const second = await ask('When does the museum of Springfield close?');
    expect(answerOf(second)).toMatchObject({ asOf: '2026-01-01', citations: [{ documentId: 'old' }] });
    expect(answerOf(second)?.text).toContain('21');
  });

  it('quotes both where neither is newer', async () => {
    const { write, ask } = await openSite('undated');
    await write('one', 'The museum of Springfield closes at 18 hours.');
    await write('two', 'The museum of Springfield closes at 20 hours.');
    const { answerStatus, results } = await ask('When does the museum of Springfield close?');
    expect(answerStatus.strategy).toBe('hedge');
    const { citations } = results.find(({ type }) => type === 'answer') as AnswerResult;
    expect(citations.map(({ documentId }) => documentId).sort()).toEqual(['one', 'two']);
  });
});

it('knows what a model has computed for a passage by the text alone, so that an edited one is read anew', () => {
  const cache = new PassageCache(1_000_000);
  const state = { length: 1, lower: new Float32Array(4), hidden: new Float32Array(4) };
  cache.set('Springfield\n[1] The mayor is Joe Quimby.\n', state);
  expect(cache.get('Springfield\n[1] The mayor is Lisa Simpson.\n')).toBeUndefined();
  expect(cache.get('Springfield\n[1] The mayor is Joe Quimby.\n')).toBe(state);
});
