import { setTimeout as wait } from 'node:timers/promises';
import { abortError, ServiceError } from '../../errors.js';
import type { DocumentScorer, ScorableDocument } from '../document-scorer.js';
import { scoresOf } from '../score-reply.js';

export interface HttpScorerOptions {
  /** Address of a rerank endpoint in Cohere's or Jina's shape; without a path, `/v1/rerank` is added. */
  url: string;
  /** Sent as `model` where the service wants one. */
  model?: string;
  apiKey?: string;
  /** @default true */
  pointwise?: boolean;
  /** Further tries after 429, 502, 503 and 504 and after a broken connection. @default 2 */
  retries?: number;
  /** Before the first further try; doubles each time. @default 500 */
  retryDelayMs?: number;
}

const PASSING = new Set([429, 502, 503, 504]);

/** Any `/v1/rerank` endpoint: Cohere, Jina, vLLM, text-embeddings-inference, Candor itself. */
export class HttpScorer implements DocumentScorer {
  readonly modelId: string;
  readonly pointwise: boolean;
  readonly #url: string;
  readonly #options: HttpScorerOptions;

  constructor(options: HttpScorerOptions) {
    const url = new URL(options.url);
    if (url.pathname === '/') url.pathname = '/v1/rerank';
    this.#url = url.href;
    this.modelId = `${options.model ?? 'default'}@${url.href}`;
    this.pointwise = options.pointwise ?? true;
    this.#options = options;
  }

  async score(query: string, documents: readonly ScorableDocument[], signal: AbortSignal): Promise<number[]> {
    if (signal.aborted) throw abortError(signal);
    if (documents.length === 0) return [];
    const { retries = 2, retryDelayMs = 500 } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        return scoresOf(await this.#ask(query, documents, signal), documents.length);
      } catch (cause) {
        if (signal.aborted) throw abortError(signal);
        const what = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : '';
        if (attempt >= retries || !isPassing(cause))
          throw new ServiceError('inference-failed', { message: `${this.#url}: ${what}`, cause });
        await wait(retryDelayMs * 2 ** attempt, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async close(): Promise<void> {}

  async #ask(query: string, documents: readonly ScorableDocument[], signal: AbortSignal): Promise<unknown> {
    const { model, apiKey } = this.#options;
    const response = await fetch(this.#url, {
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json', ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
      body: JSON.stringify({
        ...(model && { model }),
        query,
        documents: documents.map(({ title, text }) => (title === '' ? text : `${title}. ${text}`)),
        top_n: documents.length,
        return_documents: false,
      }),
    });
    if (!response.ok) {
      const body = (await response.text()).slice(0, 200);
      throw new HttpError(`answered ${response.status}${body ? `: ${body}` : ''}`, PASSING.has(response.status));
    }
    return await response.json();
  }
}

class HttpError extends Error {
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}

/** `fetch` throws a TypeError when the connection breaks. */
const isPassing = (cause: unknown) => (cause instanceof HttpError ? cause.passing : cause instanceof TypeError);
