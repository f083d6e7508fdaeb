import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { PARTS_PER_TEXT, type RerankText } from '../../pipeline/rerank-texts.js';
import { cleanQuery } from '../../pipeline/search-request.js';
import { disconnectSignal } from '../disconnect.js';
import { credentialFor, requireScope } from '../plugins/auth.js';
import { problems } from '../schemas/problem.js';
import { MAX_PARTS, type RerankDocument, rerankBody, rerankResponse } from '../schemas/rerank.js';

export interface RerankRouteOptions {
  pipeline: Pipeline;
  queryMaxCharacters: number;
  /** Leaves it out of the API description. @default false */
  hidden?: boolean;
}

/** With `rank_fields` those fields, one a line, else title and text. */
function textOf(document: RerankDocument, rankFields: readonly string[] | null | undefined): RerankText {
  if (typeof document === 'string') return { title: '', text: document };
  const { title, text } = document;
  if (!rankFields?.length) return { title: title ?? '', text: text ?? '' };
  const own = rankFields.map((name) => document[name]).filter((value) => typeof value === 'string');
  return { title: '', text: own.join('\n') };
}

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
      const { query, documents, top_n, return_documents, rank_fields, max_chunks_per_doc } = request.body;
      const { access } = credentialFor(request, 'search');
      const input = {
        query: cleanQuery(query, queryMaxCharacters),
        access,
        texts: documents.map((document) => textOf(document, rank_fields)),
        partsPerText: Math.min(max_chunks_per_doc ?? PARTS_PER_TEXT, MAX_PARTS),
      };
      const { modelId, results, tokens } = await pipeline.rerank(input, disconnectSignal(reply));
      reply.header('cache-control', 'no-store');
      return {
        id: request.id,
        model: modelId,
        results: results.slice(0, top_n ?? results.length).map(({ index, relevanceScore }) => ({
          index,
          relevance_score: relevanceScore,
          ...(return_documents && { document: { text: input.texts[index]?.text ?? '' } }),
        })),
        usage: { total_tokens: tokens },
        meta: { api_version: { version: '1' }, billed_units: { search_units: 0 } },
      };
    },
  );
};

export default rerankRoutes;
