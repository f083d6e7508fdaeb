import type { AnswerLayout, PassageResult, Problem, SearchEvent, SearchResponse } from './api-types.js';
import { readEventStream } from './event-stream.js';
import { PAGE_SIZE } from './search-state.js';

/** A search that brought no hits, with what the service said about it. */
export class SearchProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.code);
  }
}

/**
 * Hits as soon as they are ranked, then the answer or its reason.
 *
 * @throws SearchProblem, or the reason of the aborted signal.
 */
export async function* streamSearch(
  query: string,
  { answers, layout, signal }: { answers: boolean; layout: AnswerLayout | null; signal: AbortSignal },
): AsyncGenerator<SearchEvent> {
  const answer = { ...(answers ? {} : { mode: 'off' }), ...(layout === null ? {} : { layout }) };
  const body = { query, limit: PAGE_SIZE, answer };
  const response = await post(body, 'text/event-stream', signal);
  if (response.body === null || !isOf(response, 'text/event-stream')) {
    yield* toEvents((await response.json()) as SearchResponse);
    return;
  }
  for await (const { event, data } of readEventStream(response.body)) {
    const value = JSON.parse(data) as object;
    if (event === 'error') throw new SearchProblem(toProblem(value));
    yield { ...value, type: event } as SearchEvent;
  }
}

/**
 * The hits after the first `offset`, at most one page.
 *
 * @throws SearchProblem, or the reason of the aborted signal.
 */
export async function searchMore(
  query: string,
  offset: number,
  signal: AbortSignal,
): Promise<readonly PassageResult[]> {
  const body = { query, limit: PAGE_SIZE, offset, answer: { mode: 'off' } };
  const { results } = (await (await post(body, 'application/json', signal)).json()) as SearchResponse;
  return results.filter((result) => result.type === 'passage');
}

async function post(body: object, accept: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch('v1/search', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new SearchProblem({ code: 'unreachable', detail: error instanceof Error ? error.message : undefined });
  }
  if (!response.ok) throw new SearchProblem(await readProblem(response));
  return response;
}

async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = isOf(response, 'json') ? await response.json().catch(() => null) : null;
  return toProblem(typeof body === 'object' && body !== null ? body : { code: `http-${response.status}` });
}

function toProblem(body: { code?: unknown; detail?: unknown; title?: unknown; requestId?: unknown }): Problem {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    code: text(body.code) ?? 'internal',
    detail: text(body.detail) ?? text(body.title),
    requestId: text(body.requestId),
  };
}

function isOf(response: Response, type: string): boolean {
  return response.headers.get('content-type')?.includes(type) ?? false;
}

/** A reply in one piece as the events it would have been. */
function* toEvents({ results, ...reply }: SearchResponse): Generator<SearchEvent> {
  const slot = results.findIndex((result) => result.type === 'answer');
  const answer = results[slot];
  yield { type: 'hits-end', ...reply, results: results.filter((result) => result.type === 'passage') };
  yield {
    type: 'answer-end',
    outcome:
      answer?.type === 'answer' ? { status: 'answered', answer, slot, layout: answer.layout } : { status: 'abstained' },
    answerStatus: reply.answerStatus,
  };
  yield { type: 'search-end', timings: reply.timings };
}
