import { randomUUID } from 'node:crypto';
import type { Config } from '../config.js';
import { createPipeline } from '../pipeline/create-pipeline.js';
import { type SearchInput, toSearchRequest } from '../pipeline/search-request.js';
import type { SearchRequest, SearchResponse } from '../types.js';

/** Opens the pipeline, does one search and closes it; Ctrl-C withdraws the search. */
export async function searchOnce(config: Config, input: SearchInput): Promise<SearchResponse> {
  const request = requestOf(config, input);
  const controller = new AbortController();
  const onInterrupt = () => controller.abort();
  process.once('SIGINT', onInterrupt);
  const pipeline = await createPipeline(config, { warn: (message) => console.error(message) });
  try {
    return await pipeline.search(request, controller.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
    await pipeline.close();
  }
}

/** A search as the configured tenant, without groups. */
export function requestOf({ answer, server, tenant }: Config, input: SearchInput): SearchRequest {
  const { deadlineMs, candidates } = answer;
  const caller = { requestId: randomUUID(), access: { tenant, groups: [] } };
  return toSearchRequest(input, caller, {
    queryMaxCharacters: server.queryMaxCharacters,
    answer: { deadlineMs, candidates },
  });
}
