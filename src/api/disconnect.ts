import type { FastifyReply } from 'fastify';
import { ServiceError } from '../errors.js';

/**
 * A signal that aborts when the client goes away before its reply is complete.
 *
 * It listens to the response: `close` of the request also fires when its body has been read.
 */
export function disconnectSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableEnded) controller.abort(new ServiceError('cancelled'));
  });
  return controller.signal;
}
