import { QUERY_STEPS, understandQuery } from '../query/understand-query.js';
import { makeSnippet, queryTerms } from '../ranking/snippets.js';
import { STRATEGY_OF } from '../reward/strategy.js';
import { languageOfQuery, messageOf } from '../reward/strategy-texts.js';
import type {
  AnswerOutcome,
  AnswerStatus,
  PassageResult,
  Query,
  ScoredPassage,
  SearchEvent,
  SearchRequest,
  SearchResponse,
  SearchResult,
} from '../types.js';
import { findAnswer } from './find-answer.js';
import { findHits } from './find-hits.js';
import { pageOf } from './page.js';
import type { PipelineParts, PipelineSettings } from './parts.js';
import type { Pipeline } from './pipeline.js';
import { rerankTexts } from './rerank-texts.js';
import { RequestTrace } from './trace.js';

/**
 * One search, stage after stage. Read this first.
 *
 * 1. The query guard says whether the query may be answered. Its word is needed for the answer only, so retrieval does
 *    not wait for it.
 * 2. Retrieval and reranking give the hits. They are final then and leave for the client.
 * 3. The answer part reads the best passages, without what speaks to a model in them, writes candidates, scores them and
 *    chooses: an answer or a reason.
 *
 * Hits fail only when every retriever failed. The answer never fails: late, broken and unsure are reasons.
 */
export function createAnswerPipeline(parts: PipelineParts, settings: PipelineSettings): Pipeline {
  async function* stream(request: SearchRequest, signal: AbortSignal): AsyncGenerator<SearchEvent, void> {
    const trace = new RequestTrace();
    const work = new AbortController();
    const onAbort = () => work.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const verdict = trace.run('queryGuard', async (report) => {
        const found = await parts.guard.check(request.query, work.signal);
        report.add({ guardId: parts.guard.guardId, ...found });
        trace.guarded({
          ...(found.action === 'hits-only' && { queryCategory: found.category }),
          ...(found.overrideId !== undefined && { overrideId: found.overrideId }),
        });
        return found;
      });
      verdict.catch(() => undefined); // Read in the answer part, which may not come to that.

      const steps = new Set(settings.querySteps ?? QUERY_STEPS);
      const understanding = await trace.run('understanding', async (report) => {
        const found = understandQuery(request.query.text, steps, Date.now());
        report.add({ ...found });
        return found;
      });
      const hits = await findHits(parts, settings, request, understanding, trace, work.signal);
      const page = pageOf(request, hits.passages, settings.diversity);
      const results = toResults(understanding.text, page, hits.nearDuplicates);
      trace.mark('hits');

      // Starts now, not when the client has read the hits.
      const answer = findAnswer(
        { parts, settings, request, page, understanding, trace },
        verdict,
        hits.passages,
        work.signal,
      );
      answer.catch(() => undefined);
      yield {
        type: 'hits-end',
        requestId: request.requestId,
        results,
        timings: trace.timings(),
        ...(hits.degraded.length > 0 && { degraded: hits.degraded }),
        ...(hits.suggestion && { suggestion: hits.suggestion }),
      };
      const outcome = await answer;
      yield { type: 'answer-end', outcome, answerStatus: toStatus(outcome, request.query) };

      trace.mark('total');
      const { requestId, query } = request;
      const at = new Date().toISOString();
      if (request.keepTrace !== false) {
        void parts.traces?.keep({ requestId, at, query: query.text, trace: trace.toTrace() });
      }
      const safety = trace.safety();
      yield {
        type: 'search-end',
        timings: trace.timings(),
        ...(safety && { safety }),
        ...(request.debug && { trace: trace.toTrace() }),
      };
    } finally {
      // A reader who leaves early takes the work in flight along.
      work.abort();
      signal.removeEventListener('abort', onAbort);
    }
  }

  return {
    stream,
    search: (request, signal) => collect(stream(request, signal)),
    rerank: (request, signal) => rerankTexts(parts.reranker, request, signal),
    watch: parts.watch ?? null,
    getDocument: (documentId, access, signal) => parts.writer.get(documentId, access, signal),
    writeDocuments: (operations, author, signal) => parts.writer.write(operations, author, signal),
    overrides: parts.overrides,
    status: (signal) => parts.status(signal),
    close: () => parts.close(),
  };
}

/** The events of a whole search as one response, with the answer at its slot. */
async function collect(events: AsyncIterable<SearchEvent>): Promise<SearchResponse> {
  let response: SearchResponse | undefined;
  for await (const event of events) {
    if (event.type === 'hits-end') {
      const { type: _, ...hits } = event;
      response = { ...hits, answerStatus: { shown: false, strategy: STRATEGY_OF.off, reason: 'off' } };
    } else if (response && event.type === 'answer-end') {
      const { outcome, answerStatus } = event;
      response = { ...response, results: withAnswer(response.results, outcome), answerStatus };
    } else if (response && event.type === 'search-end') {
      const { type: _, ...end } = event;
      response = { ...response, ...end };
    }
  }
  if (!response) throw new Error('A search ended without its hits.');
  return response;
}

function toResults(
  query: string,
  page: readonly ScoredPassage[],
  nearDuplicates: ReadonlyMap<string, number>,
): PassageResult[] {
  const terms = queryTerms(query);
  return page.map((scored) => {
    const { id, documentId, title, url } = scored.passage;
    const score = scored.relevanceScore ?? scored.fusedScore ?? 0;
    const copies = nearDuplicates.get(id);
    return {
      ...{ type: 'passage', id, documentId, title, url, ...makeSnippet(scored.passage, terms), score },
      ...(copies !== undefined && { nearDuplicates: copies }),
    };
  });
}

function withAnswer(hits: readonly SearchResult[], outcome: AnswerOutcome): SearchResult[] {
  if (outcome.status === 'abstained') return [...hits];
  const { answer, slot, layout } = outcome;
  return hits.toSpliced(slot, 0, { type: 'answer', layout, ...answer });
}

function toStatus(outcome: AnswerOutcome, { text, language }: Query): AnswerStatus {
  if (outcome.status === 'answered') {
    const { confidence, disagreement } = outcome.answer;
    const reason = disagreement ? 'sources-disagree' : 'shown';
    return { shown: true, strategy: STRATEGY_OF[reason], reason, confidence };
  }
  const { status: _, ...abstention } = outcome;
  const { reason } = abstention;
  const message = messageOf(reason, languageOfQuery(text, language));
  return { shown: false, strategy: STRATEGY_OF[reason], ...abstention, message };
}
