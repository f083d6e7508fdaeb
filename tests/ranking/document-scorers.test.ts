import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { openScorer } from '../../src/pipeline/create-pipeline.js';
import { CommandScorer } from '../../src/ranking/drivers/command-scorer.js';
import { HttpScorer } from '../../src/ranking/drivers/http-scorer.js';
import { scoresOf } from '../../src/ranking/score-reply.js';
import { testDocumentScorer } from '../contracts/document-scorer.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const signal = new AbortController().signal;
const documents = ['a river', 'a lake'].map((text, index) => ({ id: `d${index}`, title: '', text }));
const command = `"${process.execPath}" "${fixture('word-count-reranker.mjs')}"`;
const config = loadConfig({
  CANDOR_MODELS_DIR: fixture(''),
  CANDOR_RERANKER_MODEL: 'tiny-reranker',
  CANDOR_POLICY_MODEL: 'tiny-answer/policy',
  CANDOR_REWARD_MODEL: 'tiny-answer/reward',
  CANDOR_INFERENCE_WORKERS: '1',
});

interface Asked {
  path: string | undefined;
  authorization: string | undefined;
  body: { query: string; documents: string[]; model?: string; top_n: number };
}

/** A rerank endpoint in Cohere's shape: longer texts first. `replies` are given before it works. */
let server: Server;
let url: string;
const asked: Asked[] = [];
const replies: (readonly [status: number, body: string])[] = [];
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = JSON.parse(await read(request)) as Asked['body'];
    asked.push({ path: request.url, authorization: request.headers.authorization, body });
    const [status, text] = replies.shift() ?? [200, JSON.stringify({ results: byLength(body.documents) })];
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const byLength = (texts: readonly string[]) =>
  texts
    .map((text, index) => ({ index, relevance_score: text.length / 1_000 }))
    .sort((a, b) => b.relevance_score - a.relevance_score);

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

testDocumentScorer('http', async () => new HttpScorer({ url }));
testDocumentScorer('command', async () => new CommandScorer({ command }));
testDocumentScorer('cross-encoder', () => openScorer(config, { kind: 'cross-encoder' }));
testDocumentScorer('reward model', () => openScorer({ ...config, promptsDir: 'prompts' }, { kind: 'reward' }));

describe('HttpScorer', () => {
  const scorer = (more = {}) => new HttpScorer({ url, retryDelayMs: 1, ...more });

  it("sends what Cohere's and Jina's services want", async () => {
    const titled = [{ id: 'd', title: 'Nile', text: 'a river' }];
    await scorer({ model: 'rerank-v3.5', apiKey: 'secret' }).score('which river', titled, signal);
    expect(asked.at(-1)).toEqual({
      path: '/v1/rerank',
      authorization: 'Bearer secret',
      body: {
        model: 'rerank-v3.5',
        query: 'which river',
        documents: ['Nile. a river'],
        top_n: 1,
        return_documents: false,
      },
    });
    await scorer({ url: `${url}/rerank` }).score('q', titled, signal);
    expect(asked.at(-1)?.path).toBe('/rerank');
  });

  it('tries again when a service is busy, and not when it refuses', async () => {
    replies.push([503, ''], [429, '']);
    expect(await scorer().score('q', documents, signal)).toEqual([0.007, 0.006]);
    replies.push([401, '{"message": "no key"}']);
    await expect(scorer().score('q', documents, signal)).rejects.toMatchObject({
      code: 'inference-failed',
      message: expect.stringMatching(/rerank: answered 401: \{"message": "no key"\}/),
    });
    replies.push([503, 'a'], [503, 'b'], [503, 'c']);
    await expect(scorer().score('q', documents, signal)).rejects.toThrow(/answered 503: c/);
    expect(replies).toEqual([]);
  });

  it('says what is wrong with a reply', async () => {
    replies.push([200, '{"results": [{"index": 0, "relevance_score": 1}]}']);
    await expect(scorer().score('q', documents, signal)).rejects.toThrow(/expected 2 scores, received 1/);
  });
});

describe('CommandScorer', () => {
  it.each([
    ['crash', /ended with code 7 before it answered/],
    ['refuse', /not this one/],
    ['babble', /expected a line of JSON, received loading the model/],
  ])('%s: fails that list only', async (query, message) => {
    const scorer = new CommandScorer({ command });
    await expect(scorer.score(query, documents, signal)).rejects.toMatchObject({
      code: 'inference-failed',
      message: expect.stringMatching(message),
    });
    expect(await scorer.score('river', documents, signal)).toEqual([1, 0]);
    await scorer.close();
  });

  it('a list that is withdrawn does not hold up the others', async () => {
    const scorer = new CommandScorer({ command });
    const withdrawn = new AbortController();
    const stuck = scorer.score('hang', documents, withdrawn.signal);
    const others = [scorer.score('river', documents, signal), scorer.score('lake', documents, signal)];
    withdrawn.abort();
    await expect(stuck).rejects.toMatchObject({ code: 'cancelled' });
    expect(await Promise.all(others)).toEqual([
      [1, 0],
      [0, 1],
    ]);
    await scorer.close();
  });

  it('says that a program is not there', async () => {
    const scorer = new CommandScorer({ command: 'candor-no-such-program 2>/dev/null' });
    await expect(scorer.score('q', documents, signal)).rejects.toThrow(/no-such-program.*ended with code 127/);
    await scorer.close();
  });
});

describe('scoresOf', () => {
  it.each([
    ['plain scores', { scores: [2, 1] }],
    [
      'Cohere, Jina, vLLM',
      {
        results: [
          { index: 1, relevance_score: 1 },
          { index: 0, relevance_score: 2 },
        ],
      },
    ],
    [
      'Voyage',
      {
        data: [
          { index: 0, relevance_score: 2 },
          { index: 1, relevance_score: 1 },
        ],
      },
    ],
    [
      'text-embeddings-inference',
      [
        { index: 1, score: 1 },
        { index: 0, score: 2 },
      ],
    ],
  ])('reads %s', (_, reply) => {
    expect(scoresOf(reply, 2)).toEqual([2, 1]);
  });

  it.each([
    [{ scores: [1] }, /expected 2 scores, received 1/],
    [
      {
        results: [
          { index: 0, score: 1 },
          { index: 0, score: 1 },
        ],
      },
      /two scores for document 0/,
    ],
    [{ results: [{ index: 1, score: 1 }] }, /expected a score for document 0/],
    [{ scores: ['1', '2'] }, /expected \{"results"/],
    ['no', /expected \{"results"/],
  ])('refuses %j', (reply, message) => {
    expect(() => scoresOf(reply, 2)).toThrow(message);
  });
});
