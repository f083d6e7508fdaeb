import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ServiceError } from '../../errors.js';

export interface RateLimitOptions {
  /** Per credential, or per address without one; 0 = no limit. */
  perMinute: number;
}

/** Limits every route of the scope it is registered in. Needs the plugin `auth` before it. */
export default fastifyPlugin(async function limitRate(app: FastifyInstance, { perMinute }: RateLimitOptions) {
  if (perMinute === 0) return;
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: '1 minute',
    enableDraftSpec: true,
    keyGenerator: (request) => request.credential?.id ?? request.ip,
    errorResponseBuilder: () => new ServiceError('rate-limited'),
  });
});
