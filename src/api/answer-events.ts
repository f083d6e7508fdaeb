import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { SearchEvent } from '../types.js';
import { toProblem } from './plugins/problem-details.js';

const frame = (type: string, data: unknown) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Sends the events of a search as server-sent events, each when it happens. What goes wrong before the first event is an
 * ordinary error with its status; after it, an `error` event with the problem details ends the stream.
 */
export async function sendEvents(reply: FastifyReply, events: AsyncIterable<SearchEvent>): Promise<FastifyReply> {
  const iterator = events[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* frames() {
    try {
      for (let next = first; !next.done; next = await iterator.next()) yield frame(next.value.type, next.value);
    } catch (error) {
      reply.request.log.warn({ err: error }, 'a stream of events broke');
      yield frame('error', toProblem(error, reply.request.id));
    } finally {
      await iterator.return?.();
    }
  }
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no') // Proxies of the nginx family would collect the frames.
    .send(Readable.from(frames(), { objectMode: false }));
}
