import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { type SearchDefaults, type SearchInput, toSearchRequest } from '../../pipeline/search-request.js';
import { sendEvents } from '../answer-events.js';
import { disconnectSignal } from '../disconnect.js';
import { preferredType } from '../negotiate.js';
import { credentialFor, requireScope } from '../plugins/auth.js';
import { problems } from '../schemas/problem.js';
import { fromQuerystring, searchBody, searchQuerystring, searchResponse } from '../schemas/search.js';

export interface SearchRouteOptions {
  pipeline: Pipeline;
  defaults: SearchDefaults;
}

const response = {
  200: {
    description:
      'The hits, with the answer among them when it is shown. With `Accept: text/event-stream` the events `hits-end`, ' +
      '`answer-end` and `search-end`.',
    content: {
      'application/json': { schema: searchResponse },
      'text/event-stream': { schema: z.string() },
    },
  },
  ...problems(400, 401, 403, 406, 413, 415, 429, 503),
};

/** `POST /search` and `GET /search`. */
const searchRoutes: FastifyPluginAsyncZod<SearchRouteOptions> = async (app, { pipeline, defaults }) => {
  async function search(request: FastifyRequest, reply: FastifyReply, input: SearchInput) {
    const { access } = credentialFor(request, input.debug ? 'debug' : 'search');
    const type = preferredType(request.headers.accept);
    const searchRequest = toSearchRequest(input, { requestId: request.id, access }, defaults);
    const signal = disconnectSignal(reply);
    reply.header('vary', 'Accept');
    if (type === 'events') {
      return sendEvents(reply, app.searchMetrics.watch(pipeline.stream(searchRequest, signal)));
    }
    const found = await pipeline.search(searchRequest, signal);
    app.searchMetrics.observe(found);
    return reply.header('cache-control', 'no-store').type('application/json').send(found);
  }

  const onRequest = requireScope('search');
  app.post(
    '/search',
    {
      onRequest,
      schema: { tags: ['search'], summary: 'Search, and answer when confident', body: searchBody, response },
    },
    (request, reply) => search(request, reply, request.body),
  );
  app.get(
    '/search',
    {
      onRequest,
      schema: { tags: ['search'], summary: 'The same, in an address', querystring: searchQuerystring, response },
    },
    (request, reply) => search(request, reply, fromQuerystring(request.query)),
  );
};

export default searchRoutes;
