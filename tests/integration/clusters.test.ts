import { afterAll, describe, expect, test } from 'vitest';
import { ElasticsearchIndex } from '../../src/retrieval/drivers/elasticsearch.js';
import { QdrantIndex } from '../../src/retrieval/drivers/qdrant.js';
import type { Embedder } from '../../src/retrieval/embedder.js';
import { PairedIndexer } from '../../src/retrieval/paired-indexer.js';
import { retrieveMany } from '../../src/retrieval/retrieve-many.js';
import { type BackEnd, document, find, type OpenBackEnd, put, signal } from '../contracts/back-end.js';
import { testDocumentWriter } from '../contracts/document-writer.js';
import { testIndexer } from '../contracts/indexer.js';
import { testLeaks } from '../contracts/leaks.js';
import { testRetriever } from '../contracts/retriever.js';
import { startFaultProxy } from '../fixtures/fault-proxy.js';
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

/** Making an index takes seconds, emptying one does not: the tests of a suite that name none use one after the other. */
function emptied(open: (embedder: Embedder, alias: string) => Promise<BackEnd>): OpenBackEnd {
  const shared = aliasOf();
  return async (embedder, name) => {
    if (name === undefined) await empty(shared);
    return open(embedder, name === undefined ? shared : aliasOf(name));
  };
}

async function empty(alias: string): Promise<void> {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const everything = JSON.stringify({ query: { match_all: {} } });
  const from = `${ELASTICSEARCH_URL}/${alias}/_delete_by_query?refresh=true&conflicts=proceed`;
  if (ELASTICSEARCH_URL) await fetch(from, { ...json, body: everything });
  const points = `${QDRANT_URL}/collections/${alias}/points/delete?wait=true`;
  if (QDRANT_URL) await fetch(points, { ...json, body: JSON.stringify({ filter: {} }) });
}

describe.skipIf(!ELASTICSEARCH_URL)('Elasticsearch (ELASTICSEARCH_URL names a server)', () => {
  const url = ELASTICSEARCH_URL ?? '';
  const open = emptied(async (embedder, alias) => {
    const index = keep(new ElasticsearchIndex({ url, alias, embedder }));
    const { sources } = index.contents();
    return { indexer: index, retrievers: [index.lexicalRetriever()], documents: index, sources };
  });
  testIndexer('elasticsearch', open);
  testDocumentWriter('elasticsearch', open);
  testRetriever('elasticsearch', 'lexical', open);
  testLeaks('elasticsearch', open);

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

  test('a title that is exactly the query comes first', async () => {
    const embedder = new WordEmbedder();
    const backEnd = await open(embedder);
    await put(
      backEnd,
      embedder,
      document('about', 'Opening hours: the opening hours of opening hours.', { title: 'About opening hours' }),
      document('page', 'The library is open from nine to six.', { title: 'Opening Hours' }),
    );
    const [retriever] = backEnd.retrievers;
    if (retriever) expect((await find(retriever, embedder, 'opening hours'))[0]).toBe('page#0');
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
  const opener = (more: { quantized?: boolean; exact?: boolean }) =>
    emptied(async (embedder, alias) => {
      const index = keep(new QdrantIndex({ url, alias, embedder, ...more }));
      const { sources } = index.contents();
      return { indexer: index, retrievers: [index.denseRetriever()], documents: index, sources };
    });
  const open = opener({});
  testIndexer('qdrant', open);
  testRetriever('qdrant', 'dense', open);
  testRetriever('qdrant, quantized', 'dense', opener({ quantized: true }));
  testRetriever('qdrant, exact', 'dense', opener({ exact: true }));

  testDocumentWriter('qdrant', open);
  testLeaks('qdrant', open);

  test('many queries are one request', async () => {
    const proxy = await startFaultProxy(url);
    let requests = 0;
    proxy.fault = () => {
      requests += 1;
      return null;
    };
    const [embedder, alias] = [new WordEmbedder(), aliasOf()];
    await put(
      { indexer: keep(new QdrantIndex({ url, alias, embedder })), retrievers: [] },
      embedder,
      document('a', 'A.'),
    );
    const query = { text: 'a', access: { tenant: 'default', groups: [] } };
    const [queryVector] = await embedder.embedQueries(['a'], signal);
    const asked = Array.from({ length: 20 }, () => ({ query, queryVector, limit: 3 }));
    const retriever = new QdrantIndex({ url: proxy.url, alias, embedder }).denseRetriever();
    const found = await retrieveMany(retriever, asked, signal);
    expect(found.map(([one]) => one?.passage.id)).toEqual(asked.map(() => 'a#0'));
    expect(requests).toBe(1);
    await proxy.close();
  });

  test('no collection: the message says what to run', async () => {
    const index = keep(new QdrantIndex({ url, alias: aliasOf(), embedder: new WordEmbedder() }));
    const asked = find(index.denseRetriever(), new WordEmbedder(), 'piano');
    await expect(asked).rejects.toMatchObject({
      code: 'index-missing',
      message: expect.stringMatching(/candor ingest/),
    });
  });
});

describe.skipIf(!ELASTICSEARCH_URL || !QDRANT_URL)('both clusters', () => {
  const open = emptied(async (embedder, alias) => {
    const lexical = keep(new ElasticsearchIndex({ url: ELASTICSEARCH_URL, alias, embedder }));
    const dense = keep(new QdrantIndex({ url: QDRANT_URL ?? '', alias, embedder }));
    const retrievers = [lexical.lexicalRetriever(), dense.denseRetriever()];
    return {
      indexer: new PairedIndexer(lexical, dense),
      retrievers,
      documents: lexical,
      sources: lexical.contents().sources,
    };
  });
  testIndexer('both', open);
  testDocumentWriter('both', open);
  testLeaks('both', open);
});
