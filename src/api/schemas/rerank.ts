import { z } from 'zod';
import { PARTS_PER_TEXT } from '../../pipeline/rerank-texts.js';

/** Most texts of one request; Cohere's limit too. */
export const MAX_DOCUMENTS = 1_000;
/** Most parts of one text; Cohere reads ten too. */
export const MAX_PARTS = 10;

const fields = z
  .looseObject({
    text: z.string().optional().describe('What is read, unless `rank_fields` says otherwise.'),
    title: z.string().nullish().describe('Read before the text.'),
  })
  .describe('Fields of text; `rank_fields` names those to read.');

const document = z.union([z.string(), fields]);

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
    rank_fields: z.array(z.string()).nullish().describe('Fields of the documents to read; `text` by default.'),
    max_chunks_per_doc: z
      .int()
      .min(1)
      .nullish()
      .describe(
        `Parts of a long text to read, ${PARTS_PER_TEXT} by default and ${MAX_PARTS} at most; the best one counts.`,
      ),
  })
  .superRefine(({ documents, rank_fields }, context) => {
    for (const [index, each] of documents.entries())
      if (typeof each !== 'string' && !isReadable(each, rank_fields))
        context.addIssue({
          code: 'custom',
          path: ['documents', index],
          message: rank_fields?.length ? `expected text in one of ${rank_fields.join(', ')}` : 'expected a text',
        });
  })
  .meta({ id: 'RerankRequest' });

export type RerankDocument = z.output<typeof document>;

/** Whether there is a text in one of the fields to read. */
const isReadable = (document: Exclude<RerankDocument, string>, rankFields: readonly string[] | null | undefined) =>
  (rankFields?.length ? rankFields : ['text']).some((name) => typeof document[name] === 'string');

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
    usage: z.object({ total_tokens: z.int().describe('Tokens that the reranker has read.') }).describe("Jina's."),
    meta: z.object({
      api_version: z.object({ version: z.string() }),
      billed_units: z.object({ search_units: z.int() }).describe('Always 0; some clients want it.'),
    }),
  })
  .meta({ id: 'RerankResponse' });
