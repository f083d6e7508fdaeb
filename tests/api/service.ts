import fastify, { type FastifyInstance } from 'fastify';
import { afterAll } from 'vitest';
import app, { serverOptions } from '../../src/api/app.js';
import { type Config, loadConfig } from '../../src/config.js';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import type { PipelineParts } from '../../src/pipeline/parts.js';
import { DocumentWriter } from '../../src/retrieval/document-writer.js';
import type { Embedder } from '../../src/retrieval/embedder.js';
import { HybridRetriever } from '../../src/retrieval/hybrid-retriever.js';
import { type BackEnd, split } from '../contracts/back-end.js';
import { fakeParts, settings } from '../pipeline/fakes.js';

export interface ServiceOptions {
  env?: NodeJS.ProcessEnv;
  parts?: Partial<PipelineParts>;
  /** Longest time for the hits, in milliseconds; that of a real index on a busy machine. @default 1000 */
  hitsTimeoutMs?: number;
  pageDir?: string;
}

/** The app over a pipeline of fakes; closed after the tests of the file. */
export async function buildService({
  env = {},
  parts,
  hitsTimeoutMs = settings.hitsTimeoutMs,
  pageDir = '/nowhere',
}: ServiceOptions = {}): Promise<FastifyInstance> {
  const config: Config = loadConfig(env);
  const pipeline = createAnswerPipeline(fakeParts(parts), { ...settings, hitsTimeoutMs });
  const instance = fastify({ ...serverOptions(config), logger: false });
  await instance.register(app, { config, pipeline, version: '0.0.0', pageDir });
  await instance.ready();
  afterAll(() => instance.close());
  return instance;
}

export const post = (service: FastifyInstance, payload: unknown, headers: Record<string, string> = {}) =>
  service.inject({ method: 'POST', url: '/v1/search', payload: payload as object, headers });

/** Parts that search and write a real index. */
export function indexParts({ indexer, retrievers, documents }: BackEnd, embedder: Embedder): Partial<PipelineParts> {
  if (!documents) throw new Error('Expected a back end that keeps whole documents.');
  return {
    passages: new HybridRetriever({ retrievers, embedder, timeoutMs: 30_000 }),
    documents,
    writer: new DocumentWriter({ embedder, indexer, documents, split }),
    reranker: null,
  };
}
