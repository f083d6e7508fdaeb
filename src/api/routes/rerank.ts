import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { cleanQuery } from '../../pipeline/search-request.js';
import { disconnectSignal } from '../disconnect.js';
import { credentialFor, requireScope } from '../plugins/auth.js';
import { problems } from '../schemas/problem.js';
import { type RerankDocument, rerankBody, rerankResponse } from '../schemas/rerank.js';

export interface RerankRouteOptions {
  pipeline: Pipeline;
  queryMaxCharacters: number;
  /** Leaves it out of the API description. @default false */
  hidden?: boolean;
}

const textOf = (document: RerankDocument) =>
  typeof document === 'string' ? { title: '', text: document } : { title: document.title ?? '', text: document.text };

/** `POST /rerank`, in the shape of Cohere and Jina. */
const rerankRoutes: FastifyPluginAsyncZod<RerankRouteOptions> = async (
  app,
  { pipeline, queryMaxCharacters, hidden },
) => {
  app.post(
    '/rerank',
    {
      onRequest: requireScope('search'),
      schema: {
        hide: hidden,
        tags: ['rerank'],
        summary: "Order texts by how well they answer a query; Cohere's and Jina's shape",
        body: rerankBody,
        response: { 200: rerankResponse, ...problems(400, 401, 403, 413, 415, 429, 503) },
      },
    },
    async (request, reply) => {
      const { query, documents, top_n, return_documents } = request.body;
      const { access } = credentialFor(request, 'search');
      const texts = documents.map(textOf);
      const input = { query: cleanQuery(query, queryMaxCharacters), access, texts };
      const { modelId, results } = await pipeline.rerank(input, disconnectSignal(reply));
      reply.header('cache-control', 'no-store');
      return {
        id: request.id,
        model: modelId,
        results: results.slice(0, top_n ?? results.length).map(({ index, relevanceScore }) => ({
          index,
          relevance_score: relevanceScore,
          ...(return_documents && { document: { text: texts[index]?.text ?? '' } }),
        })),
        meta: { api_version: { version: '1' }, billed_units: { search_units: 0 } },
      };
    },
  );
};

export default rerankRoutes;
