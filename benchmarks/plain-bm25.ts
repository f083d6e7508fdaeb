import { rm } from 'node:fs/promises';
import { Client } from '@elastic/elasticsearch';
import { connect, Index, MatchQuery } from '@lancedb/lancedb';
import type { RankedDocument } from '../src/evaluation/formats/run.js';

/** Whole documents, title and text in one field, as an engine indexes and searches them when nobody sets anything. */
export interface PlainBm25 {
  search(text: string, limit: number): Promise<RankedDocument[]>;
  close(): Promise<void>;
}

export interface PlainDocument {
  id: string;
  title: string;
  text: string;
}

const contentOf = ({ title, text }: PlainDocument) => `${title}\n${text}`;

/** LanceDB's full-text index with its own defaults. */
export async function plainLance(dir: string, documents: readonly PlainDocument[]): Promise<PlainBm25> {
  await rm(dir, { recursive: true, force: true });
  const connection = await connect(dir);
  const table = await connection.createTable(
    'plain',
    documents.map((document) => ({ id: document.id, content: contentOf(document) })),
  );
  await table.createIndex('content', { config: Index.fts() });
  return {
    async search(text, limit) {
      const query = table.query().fullTextSearch(new MatchQuery(text, 'content')).limit(limit);
      const rows: { id: string; _score: number }[] = await query.select(['id', '_score']).toArray();
      return rows.map(({ id, _score }) => ({ documentId: id, score: _score }));
    },
    async close() {
      table.close();
    },
  };
}

/** A `match` on one text field of an index without settings. */
export async function plainElasticsearch(
  url: string,
  index: string,
  documents: readonly PlainDocument[],
): Promise<PlainBm25> {
  const client = new Client({ node: url, maxRetries: 0, requestTimeout: 120_000 });
  await client.indices.delete({ index, ignore_unavailable: true });
  await client.indices.create({ index, mappings: { properties: { content: { type: 'text' } } } });
  for (let start = 0; start < documents.length; start += 1_000) {
    const operations = documents
      .slice(start, start + 1_000)
      .flatMap((document) => [{ index: { _index: index, _id: document.id } }, { content: contentOf(document) }]);
    await client.bulk({ operations, refresh: true });
  }
  return {
    async search(query, size) {
      const { hits } = await client.search({ index, size, query: { match: { content: query } }, _source: false });
      return hits.hits.map(({ _id, _score }) => ({ documentId: _id ?? '', score: _score ?? 0 }));
    },
    async close() {
      await client.indices.delete({ index });
      await client.close();
    },
  };
}
