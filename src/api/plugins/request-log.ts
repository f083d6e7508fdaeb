import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** One line a request. Neither the query string nor the body is in it: what people ask is theirs. */
export default fastifyPlugin(async function requestLog(app: FastifyInstance) {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, ip } = request;
    const route = routeOptions.url ?? 'unknown';
    const durationMs = Math.round(reply.elapsedTime * 10) / 10;
    const level = /^\/v[12]\//.test(route) ? 'info' : 'debug';
    request.log[level]({ method, route, status: reply.statusCode, durationMs, ip }, 'request');
  });
});
