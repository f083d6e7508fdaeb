import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ElasticsearchIndex } from '../../../src/retrieval/drivers/elasticsearch.js';
import { QdrantIndex } from '../../../src/retrieval/drivers/qdrant.js';
import { signal } from '../../contracts/back-end.js';

/** What the clients of the clusters send, held against a server that answers what it is told. */

const embedder = { modelId: 'words@1', dimensions: 64 };

describe('clients of the clusters', () => {
  let url: string;
  let seen: IncomingMessage[];
  let reply: { status: number; body: object };
  const server = createServer((request, response) => {
    seen.push(request);
    const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };
    response.writeHead(reply.status, headers).end(JSON.stringify(reply.body));
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    seen = [];
    reply = { status: 200, body: {} };
  });
  afterAll(() => {
    server.close();
  });

  test.each([
    ['an API key', { apiKey: 'abc' }, 'ApiKey abc'],
    ['name and password', { username: 'u', password: 'p' }, `Basic ${Buffer.from('u:p').toString('base64')}`],
    ['nothing', {}, undefined],
  ])('Elasticsearch: %s', async (_, credential, authorization) => {
    const index = new ElasticsearchIndex({ url, alias: 'a', embedder, ...credential });
    await index
      .lexicalRetriever()
      .check(signal)
      .catch(() => undefined);
    expect(seen[0]?.headers.authorization).toBe(authorization);
    await index.close();
  });

  test('Qdrant: an API key', async () => {
    const index = new QdrantIndex({ url, alias: 'a', embedder, apiKey: 'abc' });
    await index
      .denseRetriever()
      .check(signal)
      .catch(() => undefined);
    expect(seen[0]?.headers['api-key']).toBe('abc');
  });

  test.each(['7.17.0', '10.0.0'])('a server of version %s: says which is expected', async (number) => {
    reply.body = { version: { number } };
    const index = new ElasticsearchIndex({ url, alias: 'a', embedder });
    await expect(index.lexicalRetriever().check(signal)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(new RegExp(`8 or 9, found ${number}`)),
    });
    await index.close();
  });

  test('a wrong credential: an error without the address that may hold it', async () => {
    reply = { status: 401, body: { error: { type: 'security_exception', reason: 'no' } } };
    const index = new ElasticsearchIndex({ url: url.replace('//', '//user:secret@'), alias: 'a', embedder });
    const checked = await index
      .lexicalRetriever()
      .check(signal)
      .catch((error: Error) => error);
    expect(checked).toMatchObject({ code: 'retrieval-unavailable' });
    expect((checked as Error).message).not.toContain('secret');
    await index.close();
  });
});
