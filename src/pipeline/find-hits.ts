import { abortError, ServiceError } from '../errors.js';
import type { Reranker } from '../ranking/reranker.js';
import type { Query, ScoredPassage, SearchRequest } from '../types.js';
import { isDeadline, runUntil } from './deadline.js';
import type { PipelineParts, PipelineSettings } from './parts.js';
import type { RequestTrace } from './trace.js';

/** Hits beyond this one cannot be reached by paging. */
const MAX_PASSAGES = 1_000;

export interface Hits {
  /** All of them, best first; a page is a slice of these. */
  passages: ScoredPassage[];
  /** Back ends that gave nothing, the reranker among them. */
  degraded: string[];
}

/**
 * Retrieval, then a second look at the best. A reranker that fails or is late leaves the fused order.
 *
 * @throws ServiceError `retrieval-unavailable` when every retriever failed, or the error of the aborted signal.
 */
export async function findHits(
  { passages: source, reranker }: PipelineParts,
  settings: PipelineSettings,
  request: SearchRequest,
  trace: RequestTrace,
  signal: AbortSignal,
): Promise<Hits> {
  const { query, limit, offset } = request;
  const wanted = Math.min(MAX_PASSAGES, Math.max(settings.retrievalLimit, offset + limit));
  const found = await trace.run('retrieval', async (report) => {
    const retrieve = (inTime: AbortSignal) => source.retrieve(query, wanted, inTime);
    const result = await runUntil(signal, settings.hitsTimeoutMs, retrieve).catch((cause: unknown) => {
      const tooLate = isDeadline(cause) && !signal.aborted;
      throw tooLate ? new ServiceError('retrieval-unavailable', { cause }) : cause;
    });
    report.add({
      passages: result.passages.map(({ passage, ...scores }) => ({
        id: passage.id,
        documentId: passage.documentId,
        ...scores,
      })),
      degraded: result.degraded,
    });
    return result;
  });
  if (!reranker || settings.rerankDepth === 0 || found.passages.length === 0) {
    trace.skip('reranking');
    return found;
  }
  try {
    const passages = await trace.run('reranking', async (report) => {
      const ranked = await runUntil(signal, settings.rerankTimeoutMs, (inTime) =>
        rerankHead(reranker, query, found.passages, settings.rerankDepth, inTime),
      );
      const head = ranked.slice(0, settings.rerankDepth);
      report.add({
        modelId: reranker.modelId,
        passages: head.map(({ passage, relevanceScore }) => ({ id: passage.id, relevanceScore })),
      });
      return ranked;
    });
    return { passages, degraded: found.degraded };
  } catch {
    if (signal.aborted) throw abortError(signal);
    return { passages: found.passages, degraded: [...found.degraded, 'reranker'] };
  }
}

/** The first `depth` passages in the reranker's order, then the rest as they were. */
async function rerankHead(
  reranker: Reranker,
  query: Query,
  passages: readonly ScoredPassage[],
  depth: number,
  signal: AbortSignal,
): Promise<ScoredPassage[]> {
  const head = passages.slice(0, depth);
  const ranking = await reranker.rerank({ query, passages: head.map(({ passage }) => passage) }, signal);
  const reranked = ranking.flatMap(({ index, relevanceLogit, relevanceScore }) => {
    const passage = head[index];
    return passage ? [{ ...passage, relevanceLogit, relevanceScore }] : [];
  });
  return [...reranked, ...passages.slice(depth)];
}
