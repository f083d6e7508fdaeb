import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Reranker } from '../../src/ranking/reranker.js';
import { buildService, type ServiceOptions } from './service.js';

/** Scores by the number in a text, and remembers what it was asked. */
function numberReranker(): Reranker & { batches: string[][] } {
  const batches: string[][] = [];
  return {
    modelId: 'numbers@test',
    batches,
    async rerank({ passages }) {
      batches.push(passages.map(({ title, text }) => `${title}${text}`));
      return passages
        .map(({ text }, index) => {
          const relevanceLogit = Number(/-?\d+/.exec(text)?.[0] ?? 0);
          return { index, relevanceLogit, relevanceScore: 1 / (1 + Math.exp(-relevanceLogit)), tokens: 7 };
        })
        .reverse();
    },
    close: async () => {},
  };
}

/** Knows one thing. */
const pianoReranker: Reranker = {
  modelId: 'piano@test',
  rerank: async ({ passages }) =>
    passages.map(({ text }, index) => {
      const relevanceLogit = text.includes('piano') ? 2 : -2;
      return { index, relevanceLogit, relevanceScore: 1 / (1 + Math.exp(-relevanceLogit)) };
    }),
  close: async () => {},
};

/** What these clients sent when asked who invented the piano, with two documents, the first of which says it. */
const clients: { client: string; path: string; accept: string; body: Record<string, unknown> }[] = JSON.parse(
  readFileSync(new URL('../fixtures/rerank-clients.json', import.meta.url), 'utf8'),
);

/** What they read of a reply; Cohere's are strict about types. */
const clientReply = z.object({
  id: z.string(),
  results: z.array(
    z.object({ index: z.int(), relevance_score: z.number(), document: z.object({ text: z.string() }).optional() }),
  ),
  meta: z.object({
    api_version: z.object({ version: z.string() }),
    billed_units: z.object({ search_units: z.number() }),
  }),
  usage: z.object({ total_tokens: z.int() }),
});

async function service(options: ServiceOptions = {}) {
  const app = await buildService({ parts: { reranker: numberReranker() }, ...options });
  return (payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: '/v1/rerank', payload: payload as object, headers });
}

describe('POST /v1/rerank', () => {
  it("answers in Cohere's and Jina's shape, best first", async () => {
    const rerank = await service();
    const reply = await rerank({ model: 'rerank-v3.5', query: 'Which?', documents: ['0', { text: '2' }, '-1'] });
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toEqual({
      id: reply.headers['x-request-id'],
      model: 'numbers@test',
      results: [
        { index: 1, relevance_score: 1 / (1 + Math.exp(-2)) },
        { index: 0, relevance_score: 0.5 },
        { index: 2, relevance_score: 1 / (1 + Math.exp(1)) },
      ],
      usage: { total_tokens: 21 },
      meta: { api_version: { version: '1' }, billed_units: { search_units: 0 } },
    });
  });

  it.each(clients)('$client: asks as recorded and can read the reply', async ({ path, accept, body }) => {
    const app = await buildService({ parts: { reranker: pianoReranker } });
    const reply = await app.inject({ method: 'POST', url: path, payload: body, headers: { accept } });
    expect(reply.statusCode).toBe(200);
    const read = clientReply.parse(reply.json());
    expect(read.results.map(({ index }) => index)).toEqual([0, 1]);
    expect(read.results[0]!.relevance_score).toBeGreaterThan(read.results[1]!.relevance_score);
  });

  it('reads the fields that rank_fields names', async () => {
    const reranker = numberReranker();
    const rerank = await service({ parts: { reranker } });
    const documents = [{ title: 'T1', text: 'no 9', body: 'b 2' }, 'c 5', { body: 'd 3', title: 7 }];
    const asked = {
      query: 'q',
      documents: documents.slice(0, 2),
      rank_fields: ['title', 'body'],
      return_documents: true,
    };
    expect((await rerank(asked)).json().results).toMatchObject([
      { index: 1, document: { text: 'c 5' } },
      { index: 0, document: { text: 'T1\nb 2' } },
    ]);
    expect(reranker.batches).toEqual([['T1\nb 2', 'c 5']]);
    const wrong = (await rerank({ query: 'q', documents: [{ text: 'a' }], rank_fields: ['body'] })).json();
    expect(wrong.errors[0]).toMatchObject({ path: 'documents.0', message: 'expected text in one of body' });
  });

  it('judges a long text by its best part', async () => {
    const words = (count: number) => 'word '.repeat(count);
    const rerank = await service();
    const documents = ['3', `${words(300)} 5`, `${words(600)} 9`];
    const order = async (max_chunks_per_doc?: number) =>
      (await rerank({ query: 'q', documents, max_chunks_per_doc }))
        .json()
        .results.map(({ index }: { index: number }) => index);
    // The 9 stands in the sixth part.
    expect(await order()).toEqual([1, 0, 2]);
    expect(await order(1)).toEqual([0, 1, 2]);
    expect(await order(500)).toEqual([2, 1, 0]);
  });

  it('top_n and return_documents; fields of other services are ignored; equal texts keep their order', async () => {
    const rerank = await service();
    const documents = ['a', { text: '5', title: 'T ' }, 'b', '5'];
    const reply = await rerank({ query: 'q', documents, top_n: 3, return_documents: true, truncation: true });
    expect(reply.json().results).toEqual([
      { index: 1, relevance_score: expect.any(Number), document: { text: '5' } },
      { index: 3, relevance_score: expect.any(Number), document: { text: '5' } },
      { index: 0, relevance_score: 0.5, document: { text: 'a' } },
    ]);
    expect((await rerank({ query: 'q', documents, top_n: null, return_documents: null })).json().results).toHaveLength(
      4,
    );
    expect((await rerank({ query: 'q', documents, top_n: 100 })).json().results).toHaveLength(4);
  });

  it('answers at /v2/rerank too, where newer clients of Cohere ask, under the same limit', async () => {
    const app = await buildService({
      parts: { reranker: numberReranker() },
      env: { CANDOR_RATE_LIMIT_PER_MINUTE: '2' },
    });
    const ask = (url: string) => app.inject({ method: 'POST', url, payload: { query: 'q', documents: ['1', '2'] } });
    const replies = [await ask('/v2/rerank'), await ask('/v1/rerank'), await ask('/v2/rerank')];
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
    expect(replies[0]!.json().results).toEqual(replies[1]!.json().results);
    expect(Object.keys((await app.inject('/openapi.json')).json().paths)).not.toContain('/v2/rerank');
  });

  it('reads many texts in batches, so that searches get their turn', async () => {
    const reranker = numberReranker();
    const rerank = await service({ parts: { reranker } });
    const reply = await rerank({ query: 'q', documents: Array.from({ length: 20 }, (_, index) => `${index - 10}`) });
    expect(reply.json().results.map(({ index }: { index: number }) => index)).toEqual(
      Array.from({ length: 20 }, (_, index) => 19 - index),
    );
    expect(reranker.batches.map(({ length }) => length)).toEqual([8, 8, 4]);
  });

  it.each([
    ['no documents', { query: 'q' }, 'invalid-request', 'documents'],
    ['an empty list', { query: 'q', documents: [] }, 'invalid-request', 'documents'],
    ['1,001 documents', { query: 'q', documents: Array(1_001).fill('a') }, 'invalid-request', 'documents'],
    ['a number', { query: 'q', documents: ['a', 1] }, 'invalid-request', 'documents.1'],
    ['an object without text', { query: 'q', documents: [{ title: 'a' }] }, 'invalid-request', 'documents.0'],
    ['top_n 0', { query: 'q', documents: ['a'], top_n: 0 }, 'invalid-request', 'top_n'],
    ['no query', { documents: ['a'] }, 'invalid-request', 'query'],
    ['an empty query', { query: ' ', documents: ['a'] }, 'empty-query', undefined],
    ['a long query', { query: 'q'.repeat(2_001), documents: ['a'] }, 'query-too-long', undefined],
  ])('refuses %s with problem details', async (_, body, code, path) => {
    const rerank = await service();
    const reply = await rerank(body);
    expect(reply.statusCode).toBe(400);
    expect(reply.headers['content-type']).toMatch('application/problem+json');
    expect(reply.json()).toMatchObject({ code });
    if (path) expect(reply.json().errors[0].path).toMatch(path);
  });

  it('is 503 without reranker, and tells nothing of the inside', async () => {
    const rerank = await service({ parts: { reranker: null } });
    const reply = await rerank({ query: 'q', documents: ['a'] });
    expect(reply.statusCode).toBe(503);
    expect(reply.json()).toMatchObject({ code: 'model-missing', title: 'A model file is missing.' });
    expect(reply.json().detail).toBeUndefined();
  });

  it('wants a key where keys are in use', async () => {
    const key = 'a-key-of-sixteen-or-more';
    const rerank = await service({ env: { CANDOR_API_KEYS: JSON.stringify([{ key }]) } });
    const body = { query: 'q', documents: ['a'] };
    expect((await rerank(body)).statusCode).toBe(401);
    expect((await rerank(body, { authorization: `Bearer ${key}` })).statusCode).toBe(200);
  });

  it('stops when the client leaves', async () => {
    let stopped: (reason: unknown) => void = () => undefined;
    const cancelled = new Promise((resolve) => {
      stopped = resolve;
    });
    let started: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      started = resolve;
    });
    const reranker: Reranker = {
      modelId: 'slow@test',
      rerank: (_request, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopped(signal.reason);
            reject(signal.reason);
          });
          started();
        }),
      close: async () => {},
    };
    const app = await buildService({ parts: { reranker } });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const body = JSON.stringify({ query: 'q', documents: ['a'] });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const client = request({ port, path: '/v1/rerank', method: 'POST', headers });
    client.on('error', () => undefined);
    client.end(body);
    await asked;
    client.destroy();
    expect(await cancelled).toMatchObject({ code: 'cancelled' });
  });

  it('is in the API description', async () => {
    const app = await buildService();
    const { paths, components } = (await app.inject('/openapi.json')).json();
    expect(Object.keys(paths['/v1/rerank'].post.responses)).toEqual(
      expect.arrayContaining(['200', '400', '401', '403', '413', '415', '429', '503']),
    );
    expect(components.schemas.RerankRequest).toMatchObject({ required: ['query', 'documents'] });
  });
});
