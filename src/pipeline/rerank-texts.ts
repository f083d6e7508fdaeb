import { abortError, ServiceError } from '../errors.js';
import type { Reranker } from '../ranking/reranker.js';
import type { Access, Passage } from '../types.js';

/** A text that need not be in any index. */
export interface RerankText {
  /** Empty where there is none. */
  title: string;
  text: string;
}

export interface RerankRequest {
  /** Clean, as a search's. */
  query: string;
  access: Access;
  texts: readonly RerankText[];
}

/** A text's score, by its index in `texts`. */
export interface RerankedText {
  index: number;
  /** Calibrated probability that the text answers the query, 0..1. */
  relevanceScore: number;
}

export interface Reranking {
  /** Of the reranker. */
  modelId: string;
  /** One for each text, best first; equal ones in the order of the input. */
  results: RerankedText[];
}

/** Texts in the models at once. Between two batches the searches of other callers have their turn. */
const BATCH = 8;

/**
 * Scores texts by what they say alone: unlike the hits of a search, their order is no evidence.
 *
 * @throws ServiceError `model-missing` without reranker, `inference-failed`, or the error of the aborted signal.
 */
export async function rerankTexts(
  reranker: Reranker | null,
  { query, access, texts }: RerankRequest,
  signal: AbortSignal,
): Promise<Reranking> {
  if (!reranker)
    throw new ServiceError('model-missing', { message: 'No reranker is loaded. Run: candor models verify' });
  const passages = texts.map((text, index) => toPassage(text, index, access.tenant));
  const results: (RerankedText & { relevanceLogit: number })[] = [];
  for (let from = 0; from < passages.length; from += BATCH) {
    if (signal.aborted) throw abortError(signal);
    const batch = passages.slice(from, from + BATCH);
    const ranked = await reranker.rerank({ query: { text: query, access }, passages: batch }, signal);
    results.push(...ranked.map((each) => ({ ...each, index: from + each.index })));
  }
  results.sort((a, b) => b.relevanceLogit - a.relevanceLogit || a.index - b.index);
  return {
    modelId: reranker.modelId,
    results: results.map(({ index, relevanceScore }) => ({ index, relevanceScore })),
  };
}

/** A text as a passage of its own document. */
export function toPassage({ title, text }: RerankText, index: number, tenant: string): Passage {
  return {
    id: `${index}#0`,
    documentId: String(index),
    tenant,
    title,
    url: '',
    text,
    start: 0,
    end: text.length,
    sentences: [{ start: 0, end: text.length }],
    acl: [],
    metadata: {},
  };
}
