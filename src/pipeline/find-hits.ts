import { setImmediate as nextTurn } from 'node:timers/promises';
import { abortError, ServiceError } from '../errors.js';
import type { Reranker } from '../ranking/reranker.js';
import type { RetrievalResult } from '../retrieval/retriever.js';
import type { DegradedPart, Query, QueryUnderstanding, ScoredPassage, SearchRequest, Suggestion } from '../types.js';
import { arrangeHits, understoodQuery } from './arrange-hits.js';
import { isDeadline, runUntil } from './deadline.js';
import { listed } from './page.js';
import type { PipelineParts, PipelineSettings } from './parts.js';
import { suggestSpelling } from './suggest-spelling.js';
import type { RequestTrace } from './trace.js';

/** Passages that are held against what a query insists on. */
const INSISTED_PASSAGES = 1_000;
/** Passages to fetch where the usual number does not fill the page; more than pages reach, since copies are left out. */
const DEEPEST = 2_000;
const DEEPER = [1_000, DEEPEST];
/** Share of the time for the hits that another spelling may take; it is looked for while the reranker reads. */
const SPELLING_SHARE = 0.25;

export interface Hits {
  /** All of them, best first; a page is a slice of these. */
  passages: ScoredPassage[];
  /** Parts that gave nothing, the reranker among them. */
  degraded: DegradedPart[];
  /** Passage id to the number of its near-copies that are left out. */
  nearDuplicates: ReadonlyMap<string, number>;
  suggestion?: Suggestion;
}

/**
 * Retrieval, then what the query insists on, then a second look at the best. A reranker that fails or is late leaves the fused
 * order. A page that is short is the last one: more is fetched until it is full or there is no more. Another spelling is searched
 * only when nothing was found for the query as it was typed, and the reply says so.
 *
 * @throws ServiceError `retrieval-unavailable` when every retriever failed, or the error of the aborted signal.
 */
export async function findHits(
  parts: PipelineParts,
  settings: PipelineSettings,
  request: SearchRequest,
  understanding: QueryUnderstanding,
  trace: RequestTrace,
  signal: AbortSignal,
): Promise<Hits> {
  const end = request.offset + request.limit;
  const insists = understanding.phrases.length + understanding.excluded.length > 0;
  const depths = insists ? [INSISTED_PASSAGES] : depthsFrom(settings.retrievalLimit);
  const retrieveTo = async (query: Query, depth: number) => {
    // The same stages for every page: each goes on where the one before it ends.
    const stages = depths.filter((one) => one <= depth);
    const { passages, degraded } = await retrieveAll(parts, settings, query, stages, trace, signal);
    await nextTurn(); // Reading the rows took its time, and the next step does too: other requests come in between.
    const nearDuplicates = request.nearDuplicates ?? settings.nearDuplicates ?? 'hide';
    return { passages, degraded, ...arrangeHits(passages, understanding, nearDuplicates) };
  };
  const retrieveFor = async (query: Query) => {
    const [first = DEEPEST, ...deeper] = insists ? depths : depths.filter((depth) => depth >= end);
    let [found, reached] = [await retrieveTo(query, first), first];
    for (const depth of deeper) {
      const isFull = found.kept.length >= settings.rerankDepth && listed(request, found.kept).length >= end;
      if (isFull || found.passages.length < reached) break;
      // Better a short page than none when there is no time left.
      const more = await retrieveTo(query, depth).catch(() => null);
      if (signal.aborted) throw abortError(signal);
      if (!more) break;
      [found, reached] = [more, depth];
    }
    return found;
  };
  let query = understoodQuery(request.query, understanding);
  let found = await retrieveFor(query);
  const spelling = suggest(settings, request.offset, trace, signal, async (inTime) => {
    await nextTurn(); // The reranker gets its work first.
    return suggestSpelling(parts, query, found.passages, inTime);
  });
  let suggestion: Suggestion | null = null;
  if (found.kept.length === 0) {
    const text = await spelling;
    if (text !== null) {
      query = { ...query, text };
      found = await retrieveFor(query);
      suggestion = { query: text, searched: true };
    }
  }
  const { kept, degraded, left: nearDuplicates } = found;
  const ranked = await rerankHits(parts, settings, query, { passages: kept, degraded }, trace, signal);
  const text = suggestion === null ? await spelling : null;
  if (text !== null) suggestion = { query: text, searched: false };
  return { ...ranked, nearDuplicates, ...(suggestion && { suggestion }) };
}

const depthsFrom = (usual: number): number[] => [usual, ...DEEPER.filter((depth) => depth > usual)];

function retrieveAll(
  { passages: source }: PipelineParts,
  settings: PipelineSettings,
  query: Query,
  depths: readonly number[],
  trace: RequestTrace,
  signal: AbortSignal,
): Promise<RetrievalResult> {
  return trace.run('retrieval', async (report) => {
    const retrieve = (inTime: AbortSignal) => source.retrieve(query, depths, inTime);
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
      ...(result.failures && { failures: result.failures }),
    });
    return result;
  });
}

/** `null` when the step is off, on later pages, when nothing is better, and when it fails or takes too long. */
async function suggest(
  { querySteps, hitsTimeoutMs }: PipelineSettings,
  offset: number,
  trace: RequestTrace,
  signal: AbortSignal,
  find: (signal: AbortSignal) => Promise<string | null>,
): Promise<string | null> {
  if (offset > 0 || querySteps?.includes('spelling') === false) return null;
  return trace
    .run('spelling', async (report) => {
      const suggestion = await runUntil(signal, hitsTimeoutMs * SPELLING_SHARE, find);
      report.add({ suggestion });
      return suggestion;
    })
    .catch(() => null);
}

async function rerankHits(
  { reranker }: PipelineParts,
  settings: PipelineSettings,
  query: Query,
  found: RetrievalResult,
  trace: RequestTrace,
  signal: AbortSignal,
): Promise<RetrievalResult> {
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
