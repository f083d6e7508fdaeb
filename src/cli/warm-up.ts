import type { Config } from '../config.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { requestOf } from './one-search.js';

/**
 * One search for hits before the first visitor's: patterns are compiled, code is optimised, and the index is in memory. What it
 * finds, or why it fails, is nobody's business, and no visitor's query is it either.
 */
export async function warmUp(pipeline: Pipeline, config: Config): Promise<void> {
  const request = requestOf(config, { query: 'what is a warm up', answer: { mode: 'off' } });
  await pipeline.search({ ...request, keepTrace: false }, AbortSignal.timeout(5_000)).catch(() => undefined);
}
