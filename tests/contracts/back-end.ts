import { readFileSync } from 'node:fs';
import { chunkDocument } from '../../src/retrieval/chunking.js';
import type { Embedder } from '../../src/retrieval/embedder.js';
import type { IndexableDocument, Indexer, StoredSource } from '../../src/retrieval/indexer.js';
import type { DocumentReader, Retriever } from '../../src/retrieval/retriever.js';
import { sentenceSplitter } from '../../src/retrieval/sentences.js';
import type { Access, SearchFilter, SourceDocument, TextStructure } from '../../src/types.js';

/** What a search back end offers; the contract suites read and write through these alone. */
export interface BackEnd {
  indexer: Indexer;
  retrievers: readonly Retriever[];
  /** Only of back ends that keep whole documents. */
  documents?: DocumentReader;
  /** All stored documents. */
  sources?(signal: AbortSignal): AsyncIterable<StoredSource>;
}

/** Opens an empty back end, or with `name` the one that an earlier call with this name has filled. */
export type OpenBackEnd = (embedder: Embedder, name?: string) => Promise<BackEnd>;

export const split = sentenceSplitter(
  (JSON.parse(readFileSync('prompts/sentence-boundaries.json', 'utf8')) as { abbreviations: string[] }).abbreviations,
);
export const signal = new AbortController().signal;

export const document = (id: string, text: string, more: Partial<SourceDocument> = {}): SourceDocument => ({
  id,
  tenant: 'default',
  url: '',
  title: '',
  text,
  acl: [],
  metadata: {},
  ...more,
});

export async function indexable(
  embedder: Embedder,
  source: SourceDocument,
  fingerprint = 'first',
  structure?: TextStructure,
): Promise<IndexableDocument> {
  const passages = chunkDocument(source, split, { targetWords: 8, maxWords: 12 }, structure);
  return {
    document: source,
    structure,
    fingerprint,
    passages,
    vectors: await embedder.embedPassages(passages, signal),
  };
}

export async function put(backEnd: BackEnd, embedder: Embedder, ...sources: SourceDocument[]): Promise<void> {
  const documents = await Promise.all(sources.map((source) => indexable(embedder, source)));
  await backEnd.indexer.put(documents, signal);
}

/** Asks one retriever and gives the passages' ids. */
export async function find(
  retriever: Retriever,
  embedder: Embedder,
  text: string,
  { limit = 10, access = { tenant: 'default', groups: [] }, filter }: FindOptions = {},
): Promise<string[]> {
  const [queryVector] = await embedder.embedQueries([text], signal);
  const found = await retriever.retrieve({ query: { text, access, filter }, queryVector, limit }, signal);
  return found.map(({ passage }) => passage.id);
}

export interface FindOptions {
  limit?: number;
  access?: Access;
  filter?: SearchFilter;
}
