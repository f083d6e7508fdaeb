import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { cristofori, fakeGenerator, fakeParts, sleep } from '../pipeline/fakes.js';
import { buildService, post } from './service.js';

const EVENTS = { accept: 'text/event-stream' };

function parse(stream: string) {
  return stream
    .trim()
    .split('\n\n')
    .map((frame) => {
      const [, type, data] = /^event: (.+)\ndata: (.+)$/.exec(frame) ?? [];
      return { type, data: JSON.parse(data ?? 'null') };
    });
}

const slowly = (delayMs: number) => {
  const generator = fakeGenerator([cristofori], delayMs);
  return { generator, parts: { answering: { ...fakeParts().answering!, generator } } };
};

describe('a stream of events', () => {
  it('has hits, answer and end', async () => {
    const reply = await post(await buildService(), { query: 'who invented the piano', debug: true }, EVENTS);
    expect(reply.statusCode).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    const [hits, answer, end] = parse(reply.body);
    expect(hits).toMatchObject({ type: 'hits-end', data: { results: [{ type: 'passage' }, {}, {}] } });
    expect(answer).toMatchObject({
      type: 'answer-end',
      data: { outcome: { status: 'answered', slot: 0 }, answerStatus: { shown: true } },
    });
    expect(end).toMatchObject({ type: 'search-end', data: { timings: {}, trace: {} } });
  });

  it('is what the address gives too, to a browser that prefers it', async () => {
    const service = await buildService();
    const headers = { accept: 'text/event-stream, application/json;q=0.5' };
    expect(parse((await service.inject({ url: '/v1/search?q=piano', headers })).body)).toHaveLength(3);
  });

  it('gives an error its status while nothing has been sent', async () => {
    const retrieve = async () => Promise.reject(new ServiceError('retrieval-unavailable'));
    const service = await buildService({ parts: { passages: { retrieve } } });
    const reply = await post(service, { query: 'piano' }, EVENTS);
    expect([reply.statusCode, reply.json().code]).toEqual([503, 'retrieval-unavailable']);
    expect((await post(service, { query: '' }, EVENTS)).statusCode).toBe(400);
  });

  it('sends the hits before the answer is there', async () => {
    const { generator, parts } = slowly(60_000);
    const service = await buildService({ parts });
    await service.listen({ port: 0 });
    const { port } = service.server.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}/v1/search?q=piano&deadlineMs=120000`;
    const reply = await fetch(address, { headers: EVENTS });
    const reader = reply.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^event: hits-end/);
    expect(generator.stopped).toBe(false);
    await reader.cancel();
  });
});

describe('a client that disconnects', () => {
  it.each(['application/json', 'text/event-stream'])('takes its work along (%s)', async (accept) => {
    const { generator, parts } = slowly(10_000);
    const service = await buildService({ parts });
    await service.listen({ port: 0 });
    const { port } = service.server.address() as AddressInfo;
    const client = httpRequest({
      port,
      method: 'POST',
      path: '/v1/search',
      headers: { accept, 'content-type': 'application/json' },
    });
    client.on('error', () => undefined);
    client.end(JSON.stringify({ query: 'piano', answer: { deadlineMs: 60_000 } }));
    if (accept === 'text/event-stream') {
      const [response] = await once(client, 'response');
      await once(response, 'data');
    } else {
      await sleep(150);
    }
    expect(generator.stopped).toBe(false);
    client.destroy();
    await sleep(150);
    expect(generator.stopped).toBe(true);
  });
});
