import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ElasticsearchIndex } from '../../src/retrieval/drivers/elasticsearch.js';
import { clientOptions, readConnection } from '../../src/retrieval/elasticsearch-connection.js';
import { openSource } from '../../src/retrieval/loaders/load.js';

const signal = new AbortController().signal;
const embedder = { modelId: 'words@1', dimensions: 64 };
const settings = { url: 'URL', cloudId: 'CLOUD_ID', caFile: 'CA_FILE' };
const url = 'https://search.example.org:9200';
const cloudIdOf = (text: string) => `site:${Buffer.from(text).toString('base64')}`;
const cloudId = cloudIdOf('eu.example.org$abc$def');

describe('options of the client', () => {
  test.each([
    ['an address', { url }, { node: url }],
    ['a cloud id', { cloudId }, { cloud: { id: cloudId } }],
    ['both: the address', { url, cloudId }, { node: url }],
    ['an API key', { url, apiKey: 'k' }, { node: url, auth: { apiKey: 'k' } }],
    ['name and password', { url, username: 'u', password: 'p' }, { node: url, auth: { username: 'u', password: 'p' } }],
    ['a name alone', { url, username: 'u' }, { node: url, auth: { username: 'u', password: '' } }],
    ['key and name: the key', { url, apiKey: 'k', username: 'u' }, { node: url, auth: { apiKey: 'k' } }],
    ['a cloud id and a key', { cloudId, apiKey: 'k' }, { cloud: { id: cloudId }, auth: { apiKey: 'k' } }],
  ])('%s', (_, connection, options) => {
    expect(clientOptions(connection)).toEqual(options);
    expect(clientOptions(connection, 'PEM')).toEqual({ ...options, tls: { ca: 'PEM' } });
  });

  test('the client makes the address of a cloud id', async () => {
    const client = new Client(readConnection({ cloudId }, settings));
    expect(client.connectionPool.connections.map(({ url: { href } }) => href)).toEqual(['https://abc.eu.example.org/']);
    await client.close();
  });

  test.each(['site', 'site:', cloudIdOf('eu.example.org'), cloudIdOf('$abc'), cloudIdOf('a b$c')])(
    'no cloud id: %j',
    (wrong) => {
      const message = `CLOUD_ID: expected NAME:BASE64 as Elastic Cloud shows it, received ${JSON.stringify(wrong)}.`;
      expect(() => readConnection({ cloudId: wrong }, settings)).toThrow(
        expect.objectContaining({ code: 'invalid-config', message }),
      );
    },
  );
});

describe('a server with a certificate of an authority of its own', () => {
  let root: string;
  let server: Server;
  let address: string;
  const file = (name: string) => join(root, name);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'candor-authority-'));
    const name = (value: string) => [{ name: 'commonName', value }];
    const authority = {
      keyType: 'ec' as const,
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints' as const, cA: true, critical: true },
        { name: 'keyUsage' as const, keyCertSign: true, critical: true },
      ],
    };
    const [own, other] = [
      await generate(name('Own authority'), authority),
      await generate(name('Other authority'), authority),
    ];
    const signed = await generate(name('127.0.0.1'), {
      keyType: 'ec',
      algorithm: 'sha256',
      ca: { key: own.private, cert: own.cert },
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    await writeFile(file('own.pem'), own.cert);
    await writeFile(file('other.pem'), other.cert);
    await writeFile(file('text.pem'), 'no certificate');
    server = createServer({ key: signed.private, cert: signed.cert }, (request, response) => {
      const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };
      response
        .writeHead(request.url === '/' ? 200 : 404, headers)
        .end(JSON.stringify({ version: { number: '9.2.0' } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(root, { recursive: true, force: true });
  });

  const info = async (caFile?: string, at = address) => {
    const index = new ElasticsearchIndex({ url: at, alias: 'a', embedder, caFile });
    try {
      return await index.lexicalRetriever().check(signal);
    } catch (error) {
      return error as Error;
    } finally {
      await index.close();
    }
  };

  test('with that authority it is spoken to', async () => {
    expect(await info(file('own.pem'))).toMatchObject({ code: 'index-missing' });
  });

  test.each([
    ['none', undefined],
    ['another one', 'other.pem'],
  ])('with %s the message names the setting', async (_, name) => {
    expect(await info(name && file(name))).toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(
        /^ELASTICSEARCH_CA_FILE: expected the authority that signed the server's certificate; it was refused: .*certificate/,
      ),
    });
  });

  test('by another name than the certificate has, the message names the address', async () => {
    const found = await info(file('own.pem'), address.replace('127.0.0.1', 'localhost'));
    expect(found).toMatchObject({ code: 'invalid-config', message: expect.stringMatching(/^ELASTICSEARCH_URL: /) });
  });

  test.each(['text.pem', 'nowhere.pem'])('a file that holds none: %s', (name) => {
    const open = () => new ElasticsearchIndex({ url: address, alias: 'a', embedder, caFile: file(name) });
    const message = expect.stringContaining(
      `ELASTICSEARCH_CA_FILE: expected a certificate in PEM form in ${file(name)}`,
    );
    expect(open).toThrow(expect.objectContaining({ code: 'invalid-config', message }));
  });

  test('an index as a source: its own setting is named', async () => {
    const path = file('articles.source.yaml');
    await writeFile(path, `elasticsearch: {url: "${address}", index: x}\nfields: {text: body}\n`);
    const elasticsearch = { caFile: file('other.pem') };
    const reasons: string[] = [];
    for await (const loaded of (await openSource([path], { tenant: 'default', acl: [], elasticsearch })).items) {
      if (loaded.type === 'rejected') reasons.push(loaded.reason);
    }
    expect(reasons).toEqual([expect.stringContaining('CANDOR_SOURCE_CA_FILE: expected the authority')]);
  });
});
