import { randomUUID } from 'node:crypto';
import type { Config } from '../config.js';
import { createPipeline } from '../pipeline/create-pipeline.js';
import { type SearchInput, toSearchRequest } from '../pipeline/search-request.js';
import type { SearchResponse } from '../types.js';

/** Opens the pipeline, does one search and closes it; Ctrl-C withdraws the search. */
export async function searchOnce(config: Config, input: SearchInput): Promise<SearchResponse> {
  const { deadlineMs, candidates } = config.answer;
  const defaults = { queryMaxCharacters: config.server.queryMaxCharacters, answer: { deadlineMs, candidates } };
  const caller = { requestId: randomUUID(), access: { tenant: config.tenant, groups: [] } };
  const request = toSearchRequest(input, caller, defaults);
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
