import { z } from 'zod';

/** Most texts of one request; Cohere's limit too. */
export const MAX_DOCUMENTS = 1_000;

const document = z.union([
  z.string(),
  z.object({ text: z.string(), title: z.string().optional().describe('Read before the text.') }),
]);

/**
 * The shape of Cohere's and Jina's `/v1/rerank`. Fields that only other services know (`max_tokens_per_doc`, `truncation`,
 * …) are ignored, so that their clients work unchanged.
 */
export const rerankBody = z
  .object({
    model: z.string().optional().describe('Ignored: the loaded reranker answers, and the reply names it.'),
    query: z.string().meta({ description: 'What a person asks.', minLength: 1, example: 'Who invented the piano?' }),
    documents: z.array(document).min(1).max(MAX_DOCUMENTS).describe('Texts, or objects with a text.'),
    top_n: z.int().min(1).nullish().describe('Results to return; all by default.'),
    return_documents: z.boolean().nullish().describe('Adds the text to each result.'),
  })
  .meta({ id: 'RerankRequest' });

export type RerankDocument = z.output<typeof document>;

const result = z
  .object({
    index: z.int().describe('Of the document in the request.'),
    relevance_score: z.number().min(0).max(1).describe('Calibrated probability that the text answers the query.'),
    document: z.object({ text: z.string() }).optional(),
  })
  .meta({ id: 'RerankResult' });

export const rerankResponse = z
  .object({
    id: z.string().describe('Of the request.'),
    model: z.string(),
    results: z.array(result).describe('Best first.'),
    meta: z.object({
      api_version: z.object({ version: z.string() }),
      billed_units: z.object({ search_units: z.int() }).describe('Always 0; some clients want it.'),
    }),
  })
  .meta({ id: 'RerankResponse' });
