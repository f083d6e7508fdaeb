import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../../src/retrieval/loaders/load.js';
import type { Loaded } from '../../src/retrieval/loaders/loader.js';

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
