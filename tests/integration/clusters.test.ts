import { afterAll, describe, expect, test } from 'vitest';
import { ElasticsearchIndex } from '../../src/retrieval/drivers/elasticsearch.js';
import { QdrantIndex } from '../../src/retrieval/drivers/qdrant.js';
import { document, find, type OpenBackEnd, put, signal } from '../contracts/back-end.js';
import { testIndexer } from '../contracts/indexer.js';
import { testRetriever } from '../contracts/retriever.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

const { ELASTICSEARCH_URL, QDRANT_URL } = process.env;
const run = `test-${process.pid}-${Date.now()}`;
const opened: { drop(signal: AbortSignal): Promise<void>; close(): Promise<void> }[] = [];
let count = 0;

afterAll(async () => {
  for (const index of opened) await index.drop(signal);
  await Promise.all(opened.map((index) => index.close()));
});

const keep = <T extends (typeof opened)[number]>(index: T): T => {
  opened.push(index);
  return index;
};
const aliasOf = (name = `index-${count++}`) => `${run}-${name.replaceAll('.', '')}`;

describe.skipIf(!ELASTICSEARCH_URL)('Elasticsearch (ELASTICSEARCH_URL names a server)', () => {
  const url = ELASTICSEARCH_URL ?? '';
  const open: OpenBackEnd = async (embedder, name) => {
    const index = keep(new ElasticsearchIndex({ url, alias: aliasOf(name), embedder }));
    return { indexer: index, retrievers: [index.lexicalRetriever()], documents: index };
  };
  testIndexer('elasticsearch', open);
  testRetriever('elasticsearch', 'lexical', open);

  test('no index: the message says what to run', async () => {
    const index = keep(new ElasticsearchIndex({ url, alias: aliasOf(), embedder: new WordEmbedder() }));
    const asked = find(index.lexicalRetriever(), new WordEmbedder(), 'piano');
    await expect(asked).rejects.toMatchObject({
      code: 'index-missing',
      message: expect.stringMatching(/candor ingest/),
    });
  });

  test('an index of somebody else is left alone', async () => {
    const { Client } = await import('@elastic/elasticsearch');
    const alias = aliasOf();
    const client = new Client({ node: url });
    await client.indices.create({ index: `${alias}-000001`, aliases: { [alias]: {} } });
    const embedder = new WordEmbedder();
    const index = keep(new ElasticsearchIndex({ url, alias, embedder }));
    const writing = put({ indexer: index, retrievers: [] }, embedder, document('a', 'A piano.'));
    await expect(writing).rejects.toMatchObject({ code: 'index-corrupt' });
    await client.close();
  });

  test('word forms of the language of a document', async () => {
    const embedder = new WordEmbedder();
    const backEnd = await open(embedder);
    await put(backEnd, embedder, document('a', 'Die Häuser stehen am Fluss.', { language: 'de' }));
    const [retriever] = backEnd.retrievers;
    if (retriever) expect(await find(retriever, embedder, 'Haus')).toEqual(['a#0']);
  });
});

describe.skipIf(!QDRANT_URL)('Qdrant (QDRANT_URL names a server)', () => {
  const url = QDRANT_URL ?? '';
  const opener =
    (more: { quantized?: boolean; exact?: boolean }): OpenBackEnd =>
    async (embedder, name) => {
      const index = keep(new QdrantIndex({ url, alias: aliasOf(name), embedder, ...more }));
      return { indexer: index, retrievers: [index.denseRetriever()], documents: index };
    };
  testIndexer('qdrant', opener({}));
  testRetriever('qdrant', 'dense', opener({}));
  testRetriever('qdrant, quantized', 'dense', opener({ quantized: true }));
  testRetriever('qdrant, exact', 'dense', opener({ exact: true }));

  test('no collection: the message says what to run', async () => {
    const index = keep(new QdrantIndex({ url, alias: aliasOf(), embedder: new WordEmbedder() }));
    const asked = find(index.denseRetriever(), new WordEmbedder(), 'piano');
    await expect(asked).rejects.toMatchObject({
      code: 'index-missing',
      message: expect.stringMatching(/candor ingest/),
    });
  });
});
