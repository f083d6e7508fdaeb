import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

export interface CorsOptions {
  /** Origins whose pages may call the API; empty = only the service's own pages. */
  origins: readonly string[];
}

const HEADERS = 'authorization, content-type, if-match, if-none-match, x-api-key, x-request-id';

/** Lets pages of the named origins read replies. Credentials travel in headers, so cookies are not allowed. */
export default fastifyPlugin(async function cors(app: FastifyInstance, { origins }: CorsOptions) {
  if (origins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return;
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-expose-headers', 'x-request-id, retry-after, etag');
    if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return;
    reply
      .header('access-control-allow-methods', 'GET, POST, PUT, DELETE')
      .header('access-control-allow-headers', HEADERS);
    return reply.header('access-control-max-age', '600').code(204).send();
  });
});
