import { abortError, ServiceError } from '../errors.js';
import type { Reranker } from '../ranking/reranker.js';
import type { Access, Passage } from '../types.js';
import { textParts } from './text-parts.js';

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
  /** Parts of a long text that are read, from its beginning; the best one counts. @default 4 */
  partsPerText?: number;
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
  /** What the model has read, the query with each part; 0 where it does not count. */
  tokens: number;
}

/** Texts in the models at once. Between two batches the searches of other callers have their turn. */
const BATCH = 8;
export const PARTS_PER_TEXT = 4;

/**
 * Scores texts by what they say alone: unlike the hits of a search, their order is no evidence.
 *
 * @throws ServiceError `model-missing` without reranker, `inference-failed`, or the error of the aborted signal.
 */
export async function rerankTexts(
  reranker: Reranker | null,
  request: RerankRequest,
  signal: AbortSignal,
): Promise<Reranking> {
  if (!reranker)
    throw new ServiceError('model-missing', { message: 'No reranker is loaded. Run: candor models verify' });
  const scored = await scoreTexts(reranker, request, signal);
  return {
    modelId: reranker.modelId,
    results: scored
      .toSorted((a, b) => b.relevanceLogit - a.relevanceLogit || a.index - b.index)
      .map(({ index, relevanceScore }) => ({ index, relevanceScore })),
    tokens: scored.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

/** What the reranker says of a text, by its best part. */
export interface ScoredText extends RerankedText {
  /** Unbounded. */
  relevanceLogit: number;
  tokens: number;
}

/** One for each text, in their order. Errors: those of {@link rerankTexts}. */
export async function scoreTexts(
  reranker: Reranker,
  { query, access, texts, partsPerText = PARTS_PER_TEXT }: RerankRequest,
  signal: AbortSignal,
): Promise<ScoredText[]> {
  const parts = texts.flatMap(({ title, text }, index) =>
    textParts(text, partsPerText).map((part) => ({
      index,
      passage: toPassage({ title, text: part }, index, access.tenant),
    })),
  );
  const scored = texts.map(
    (_, index): ScoredText => ({ index, relevanceLogit: Number.NEGATIVE_INFINITY, relevanceScore: 0, tokens: 0 }),
  );
  for (let from = 0; from < parts.length; from += BATCH) {
    if (signal.aborted) throw abortError(signal);
    const batch = parts.slice(from, from + BATCH);
    const passages = batch.map(({ passage }) => passage);
    for (const ranked of await reranker.rerank({ query: { text: query, access }, passages }, signal)) {
      const own = scored[batch[ranked.index]?.index ?? -1];
      if (!own) continue;
      own.tokens += ranked.tokens ?? 0;
      if (ranked.relevanceLogit <= own.relevanceLogit) continue;
      own.relevanceLogit = ranked.relevanceLogit;
      own.relevanceScore = ranked.relevanceScore;
    }
  }
  return scored;
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
