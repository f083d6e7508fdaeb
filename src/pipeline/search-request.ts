import { ServiceError } from '../errors.js';
import type { Access, AnswerOptions, SearchFilter, SearchRequest } from '../types.js';

/** A search as someone types it; whatever is left out has a default. Numbers are within their ranges. */
export interface SearchInput {
  query: string;
  limit?: number;
  offset?: number;
  passagesPerDocument?: number;
  diversity?: number;
  nearDuplicates?: 'hide' | 'show';
  filter?: SearchFilter;
  answer?: Partial<AnswerOptions>;
  sessionId?: string;
  userId?: string;
  debug?: boolean;
}

export interface SearchDefaults {
  queryMaxCharacters: number;
  answer: Pick<AnswerOptions, 'deadlineMs' | 'candidates'>;
}

/** Who asks, and under which id; neither comes from the body of a request. */
export interface Caller {
  requestId: string;
  access: Access;
}

/** Hits that paging reaches: the fused order is one of the best passages of each back end, and goes no deeper than these. */
export const MAX_HITS = 1_000;

/**
 * @throws ServiceError `empty-query`, `query-too-long` or `invalid-request`, when the query's text is not one or the page ends
 * beyond `MAX_HITS`.
 */
export function toSearchRequest(input: SearchInput, caller: Caller, defaults: SearchDefaults): SearchRequest {
  const { query, limit = 10, offset = 0, filter, answer, debug = false, ...ids } = input;
  if (offset + limit > MAX_HITS) {
    const message =
      `offset + limit: expected at most ${MAX_HITS} together, received ${offset + limit}. ` +
      'A narrower query or a filter reaches what is further down.';
    throw new ServiceError('invalid-request', { message });
  }
  return {
    ...ids,
    requestId: caller.requestId,
    query: {
      text: cleanQuery(query, defaults.queryMaxCharacters),
      access: caller.access,
      ...(filter && { filter }),
    },
    limit,
    offset,
    answer: { mode: 'auto', ...defaults.answer, ...answer },
    debug,
  };
}

/**
 * Line breaks and tabs come with pasted text and count as blanks. Other control characters come from nowhere a person
 * types, and half a surrogate pair is no character at all: such a query is refused.
 *
 * @throws ServiceError `empty-query`, `query-too-long` or `invalid-request`.
 */
export function cleanQuery(query: string, maxCharacters: number): string {
  const text = query.replace(/\s+/g, ' ').trim();
  if (text === '') throw new ServiceError('empty-query');
  if (text.length > maxCharacters) {
    const message = `query: expected at most ${maxCharacters} characters, received ${text.length}.`;
    throw new ServiceError('query-too-long', { message });
  }
  if (/[\p{Cc}\p{Cs}]/u.test(text)) {
    const message = 'query: expected text without control characters or broken characters.';
    throw new ServiceError('invalid-request', { message });
  }
  return text;
}
