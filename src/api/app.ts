import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type FastifyHttpOptions, type FastifyInstance, LogController, type RawServerDefault } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Config } from '../config.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import auth from './plugins/auth.js';
import cors from './plugins/cors.js';
import loadShedding from './plugins/load-shedding.js';
import metrics from './plugins/metrics.js';
import openapi from './plugins/openapi.js';
import page from './plugins/page.js';
import problemDetails, { sendProblem } from './plugins/problem-details.js';
import rateLimit from './plugins/rate-limit.js';
import requestLog from './plugins/request-log.js';
import securityHeaders from './plugins/security-headers.js';
import confidenceRoutes from './routes/confidence.js';
import documentRoutes from './routes/documents.js';
import healthRoutes from './routes/health.js';
import overrideRoutes from './routes/overrides.js';
import rerankRoutes from './routes/rerank.js';
import searchRoutes from './routes/search.js';

export interface AppOptions {
  config: Config;
  pipeline: Pipeline;
  /** Of the service, for the API description. */
  version: string;
  /** Folder of the built pages. */
  pageDir: string;
}

/** What the server needs to know before the app is registered; `server.ts` and tests pass it to `fastify()`. */
export function serverOptions({ server }: Config): FastifyHttpOptions<RawServerDefault> {
  return {
    bodyLimit: server.bodyLimitBytes,
    trustProxy: server.trustProxy,
    // An id of 512 characters, each of them percent-encoded.
    routerOptions: { maxParamLength: 5_000 },
    requestTimeout: 30_000,
    // One line a request instead: plugins/request-log.ts.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    frameworkErrors: sendProblem,
  };
}

/** The caller's own id when it is a plain word, so that it can be found in both logs. */
function requestIdOf({ headers }: IncomingMessage | { headers: IncomingMessage['headers'] }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/** The whole HTTP side as one plugin. It knows the pipeline as an interface and nothing below it. */
export default async function app(fastify: FastifyInstance, options: AppOptions) {
  const { config, pipeline } = options;
  const { server } = config;
  fastify.setValidatorCompiler(validatorCompiler);
  fastify.setSerializerCompiler(serializerCompiler);
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // Many clients name a type of body with every request, also where there is none.
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (request.method === 'DELETE' && length === '0' && encoding === undefined) delete request.headers['content-type'];
  });

  await fastify.register(problemDetails);
  await fastify.register(requestLog);
  await fastify.register(securityHeaders);
  await fastify.register(cors, { origins: server.corsOrigins });
  await fastify.register(auth, { apiKeys: server.apiKeys, tenant: config.tenant });
  await fastify.register(openapi, { version: options.version, hasKeys: server.apiKeys.length > 0 });
  await fastify.register(metrics, { watch: pipeline.watch });
  await fastify.register(healthRoutes, { pipeline });
  await fastify.register(async (limited) => {
    await limited.register(rateLimit, { perMinute: server.rateLimitPerMinute });
    await limited.register(loadShedding, { maxInFlight: server.maxInFlight });
    const { deadlineMs, candidates } = config.answer;
    const { queryMaxCharacters } = server;
    const defaults = { queryMaxCharacters, answer: { deadlineMs, candidates } };
    await limited.register(searchRoutes, { prefix: '/v1', pipeline, defaults });
    await limited.register(confidenceRoutes, { prefix: '/v1', pipeline });
    await limited.register(overrideRoutes, { prefix: '/v1', pipeline });
    await limited.register(rerankRoutes, { prefix: '/v1', pipeline, queryMaxCharacters });
    await limited.register(documentRoutes, { prefix: '/v1', pipeline });
    // Newer clients of Cohere ask here; the shape is the same.
    await limited.register(rerankRoutes, { prefix: '/v2', pipeline, queryMaxCharacters, hidden: true });
  });
  await fastify.register(page, { dir: options.pageDir });
}
