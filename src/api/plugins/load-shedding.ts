import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ServiceError } from '../../errors.js';

export interface LoadSheddingOptions {
  /** Requests worked on at once in this scope. */
  maxInFlight: number;
}

/** Refuses with 503 what would only wait: everybody's reply would come too late otherwise. */
export default fastifyPlugin(async function shedLoad(app: FastifyInstance, { maxInFlight }: LoadSheddingOptions) {
  let inFlight = 0;
  app.addHook('onRequest', async (_request, reply) => {
    if (inFlight >= maxInFlight) throw new ServiceError('overloaded');
    inFlight += 1;
    reply.raw.once('close', () => {
      inFlight -= 1;
    });
  });
});
