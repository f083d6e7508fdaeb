import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { liveness, readiness } from '../schemas/health.js';

export interface HealthRouteOptions {
  pipeline: Pipeline;
}

/** Longest time a back end may take to say that it is there. */
const CHECK_TIMEOUT_MS = 2_000;

/** `GET /healthz`: the process runs. `GET /readyz`: it can serve. */
const healthRoutes: FastifyPluginAsyncZod<HealthRouteOptions> = async (app, { pipeline }) => {
  app.get(
    '/healthz',
    { schema: { tags: ['health'], summary: 'Is the process alive?', response: { 200: liveness } } },
    async () => ({ status: 'ok' }) as const,
  );
  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        summary: 'Can it serve? 503 when a required component is not ready',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const components = await pipeline.status(AbortSignal.timeout(CHECK_TIMEOUT_MS));
      const unavailable = components.some(({ ready, required }) => required && !ready);
      const degraded = components.some(({ ready }) => !ready);
      const status = unavailable ? 'unavailable' : degraded ? 'degraded' : 'ready';
      return reply.code(unavailable ? 503 : 200).send({ status, components });
    },
  );
};

export default healthRoutes;
