import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingestCorpus } from '../../src/cli/ingest-corpus.js';
import { rebuildIndex } from '../../src/cli/rebuild-index.js';
import { loadConfig } from '../../src/config.js';
import { dropClusterIndex } from '../../src/pipeline/create-pipeline.js';
import { openSource } from '../../src/retrieval/loaders/load.js';
import type { Loaded } from '../../src/retrieval/loaders/loader.js';
import { startFaultProxy } from '../fixtures/fault-proxy.js';

const { ELASTICSEARCH_URL } = process.env;

describe.skipIf(!ELASTICSEARCH_URL)('an index as a source (ELASTICSEARCH_URL names a server)', () => {
  const url = ELASTICSEARCH_URL ?? '';
  const index = `source-${process.pid}-${Date.now()}`;
  let client: Client;
  let root: string;

  beforeAll(async () => {
    client = new Client({ node: url, requestTimeout: 120_000 });
    root = await mkdtemp(join(tmpdir(), 'candor-source-'));
    const articles = Array.from({ length: 25 }, (_, at) => ({
      headline: `Article ${at}`,
      body: at === 7 ? ' ' : `<h2>Part</h2><p>Text number ${at}.</p>`,
      state: at < 20 ? 'published' : 'draft',
      groups: at === 3 ? ['staff'] : [],
      published: '2024-05-01',
    }));
    const operations = articles.flatMap((article, at) => [{ index: { _index: index, _id: `a${at}` } }, article]);
    await client.bulk({ operations, refresh: true });
  });

  afterAll(async () => {
    await client.indices.delete({ index, ignore_unavailable: true });
    await client.close();
    await rm(root, { recursive: true, force: true });
  });

  test('all of it, in several requests, with the fields that are named; what cannot be used is named', async () => {
    const path = join(root, 'articles.source.yaml');
    await writeFile(
      path,
      `elasticsearch: {url: "${url}", index: "${index}", batch: 6, query: {term: {state.keyword: published}}}
fields: {title: headline, text: body, textFormat: html, date: published, acl: groups, metadata: {state: state}}`,
    );
    const items: Loaded[] = [];
    const source = await openSource([path], { tenant: 'acme', acl: ['all'] });
    for await (const item of source.items) items.push(item);
    const documents = items.flatMap((item) => (item.type === 'document' ? [item] : []));
    expect(items).toHaveLength(20);
    expect(new Set(documents.map(({ document }) => document.id)).size).toBe(19);
    expect(items.find(({ type }) => type === 'rejected')).toMatchObject({
      reason: 'a7: text: expected some text, found none',
    });
    expect(documents.find(({ document }) => document.id === 'a3')).toMatchObject({
      headings: [{ level: 2 }],
      document: {
        tenant: 'acme',
        title: 'Article 3',
        text: 'Part\n\nText number 3.',
        date: '2024-05-01',
        acl: ['staff'],
        metadata: { state: 'published' },
      },
    });
  });

  test.each([
    ['an API key', { CANDOR_SOURCE_API_KEY: 'abc' }, 'ApiKey abc'],
    [
      'name and password',
      { CANDOR_SOURCE_USERNAME: 'u', CANDOR_SOURCE_PASSWORD: 'p' },
      `Basic ${Buffer.from('u:p').toString('base64')}`,
    ],
  ])('ingest and rebuild read it with the credentials of the settings: %s', async (_, credential, expected) => {
    const guarded = await startFaultProxy(url);
    guarded.fault = ({ headers }) => (headers.authorization === expected ? null : 401);
    const config = loadConfig({
      ELASTICSEARCH_URL,
      CANDOR_CLUSTER_ALIAS: `${index}-rebuilt`,
      CANDOR_INFERENCE_WORKERS: '1',
      ...credential,
    });
    try {
      const path = join(root, 'guarded.source.yaml');
      const query = '{ids: {values: [a1, a2]}}';
      await writeFile(
        path,
        `elasticsearch: {url: "${guarded.url}", index: "${index}", query: ${query}}\nfields: {text: body}`,
      );
      const output = { write: () => true };
      const signal = AbortSignal.timeout(100_000);
      expect(await ingestCorpus(config, [path], signal, { output })).toMatchObject({ stored: 2, rejected: [] });
      const rebuilt = await rebuildIndex(config, { paths: [path], say: () => undefined, output }, signal);
      expect(rebuilt).toMatchObject({ isPublished: true, after: 2, ingest: { stored: 2, rejected: [] } });
    } finally {
      await dropClusterIndex(config, AbortSignal.timeout(60_000));
      await guarded.close();
    }
  });

  test.each([
    ['an index that is not there', 'index: nowhere', 'no such index [nowhere]'],
    ['a query that is none', `index: "${index}", query: {trem: {}}`, 'unknown query [trem]'],
  ])('%s: the reason is in the server’s own words', async (_, rest, reason) => {
    const path = join(root, 'wrong.source.yaml');
    await writeFile(path, `elasticsearch: {url: "${url}", ${rest}}\nfields: {text: body}`);
    const items: Loaded[] = [];
    for await (const item of (await openSource([path], { tenant: 'acme', acl: [] })).items) items.push(item);
    expect(items).toMatchObject([{ reason: expect.stringContaining(`cannot be read: ${reason}`) }]);
  });
});
