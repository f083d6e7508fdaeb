import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parseHtml } from '../../../src/retrieval/loaders/html.js';
import { openSource } from '../../../src/retrieval/loaders/load.js';
import type { Loaded, LoaderOptions, ParsedText } from '../../../src/retrieval/loaders/loader.js';
import { parseMarkdown } from '../../../src/retrieval/loaders/markdown.js';

const root = await mkdtemp(join(tmpdir(), 'candor-loaders-'));
afterAll(() => rm(root, { recursive: true, force: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function load(paths: string[], options: Partial<LoaderOptions> = {}): Promise<Loaded[]> {
  const source = await openSource(paths, { tenant: 'default', acl: [], ...options });
  const items: Loaded[] = [];
  for await (const item of source.items) items.push(item);
  return items;
}

/** `id` of a document; `line: reason` of what was rejected. */
const brief = (items: Loaded[]) =>
  items.map((item) => (item.type === 'document' ? item.document.id : `${item.line ?? 'file'}: ${item.reason}`));

const jsonl = (...records: unknown[]) => records.map((record) => JSON.stringify(record)).join('\n');

describe('JSON lines', () => {
  test('a full record, and what one that says little gets', async () => {
    const full = {
      id: 'a',
      url: 'https://example.org/',
      title: 'T',
      text: 'Text.',
      date: '2024-05-01',
      language: 'zh-Hant',
      acl: ['staff'],
      metadata: { section: 'x', year: 2024, draft: false, tags: ['p', 'q'] },
    };
    const path = await file(
      'full.jsonl',
      `\ufeff${jsonl(full, { id: 'b', text: 'Text.', date: null, acl: null })}\r\n`,
    );
    const items = await load([path], { tenant: 'acme', acl: ['all'] });
    expect(items).toMatchObject([
      { document: { ...full, tenant: 'acme' }, file: path, line: 1 },
      { document: { id: 'b', tenant: 'acme', url: '', title: '', text: 'Text.', acl: ['all'], metadata: {} }, line: 2 },
    ]);
  });

  test('each bad record is named, and the others go on', async () => {
    const lines = [
      jsonl({ id: 'good', text: 'Text.' }),
      '{"id": "cut", "te',
      '',
      '[1]',
      jsonl({ text: 'Text.' }),
      jsonl({ id: 7, text: 'Text.' }),
      jsonl({ id: 'x', text: ' \n ' }),
      jsonl({ id: 'x', text: 'Text.', acls: ['staff'] }),
      jsonl({ id: 'x', text: 'Text.', date: 'yesterday' }),
      jsonl({ id: 'x', text: 'Text.', metadata: { deep: { er: 1 } } }),
      jsonl({ id: 'good', text: 'Again.' }),
      jsonl({ id: 'long', text: 'x'.repeat(2_000) }),
    ];
    const path = await file(
      'bad.jsonl',
      Buffer.concat([
        Buffer.from(`${lines.join('\n')}\n`),
        Buffer.from([0x7b, 0xff, 0xfe, 0x0a]),
        Buffer.from(`\0\0\0\n${jsonl({ id: 'last', text: 'Text.' })}`),
      ]),
    );
    expect(brief(await load([path], { maxRecordBytes: 1_000 }))).toEqual([
      'good',
      expect.stringMatching(/^2: not valid JSON/),
      '4: expected object, received array',
      '5: id: expected string, received undefined',
      '6: id: expected string, received number',
      '7: text: expected some text, found none',
      '8: unknown field acls: values of your own belong into metadata',
      '9: date: expected an ISO 8601 date or date-time',
      '10: metadata.deep: expected a string, number, boolean or list of strings',
      `11: id good is taken already by line 1 of ${path}`,
      '12: longer than 1000 bytes',
      '13: not valid UTF-8',
      expect.stringMatching(/^14: not valid JSON/),
      'last',
    ]);
  });

  test('compressed, and cut off', async () => {
    const bytes = gzipSync(
      Buffer.from(
        Array.from({ length: 5_000 }, (_, id) => jsonl({ id: `${id}`, text: `Text ${Math.random()}` })).join('\n'),
      ),
    );
    expect(await load([await file('whole.jsonl.gz', bytes)])).toHaveLength(5_000);
    const items = await load([
      await file('cut.jsonl.gz', bytes.subarray(0, bytes.length / 2)),
      await file('z.txt', 'Text.'),
    ]);
    expect(items.at(-1)).toMatchObject({ type: 'document' });
    expect(items.at(-2)).toMatchObject({
      type: 'rejected',
      reason: expect.stringMatching(/^cannot be read from here on/),
    });
    expect(items.length).toBeGreaterThan(500);
    expect(brief(await load([await file('no.jsonl.gz', 'not compressed')]))).toEqual([
      expect.stringMatching(/^1: cannot be read from here on: incorrect header/),
    ]);
  });

  test('half a surrogate pair becomes the replacement character', async () => {
    const [item] = await load([await file('half.jsonl', '{"id":"a","text":"x\\ud83d y \\ud83d\\ude42"}')]);
    expect(item).toMatchObject({ document: { text: 'x\ufffd y 🙂' } });
  });
});

describe('files and folders', () => {
  test('a folder: all below it, by name, without hidden and foreign files; ids are paths', async () => {
    const folder = join(root, 'site');
    await file('site/b/two.html', '<p>Two.</p>');
    await file('site/a.md', '# One\n\nText.');
    await file('site/c.txt', 'Three.');
    await file('site/.hidden/x.md', 'Hidden.');
    await file('site/image.png', Buffer.from([0, 1]));
    await symlink(folder, join(folder, 'loop'));
    const items = await load([folder]);
    expect(brief(items)).toEqual(['a.md', 'b/two.html', 'c.txt'].map((name) => join(folder, name)));
    expect(items.map((item) => item.type === 'document' && item.document.title)).toEqual(['One', 'two', 'c']);
  });

  test('what cannot be used is named', async () => {
    const items = await load(
      [
        join(root, 'nowhere.md'),
        await file('x/doc.odt', 'x'),
        await file('x/empty.txt', ' \n'),
        await file('x/latin1.txt', Buffer.from([0x63, 0x61, 0x66, 0xe9])),
        await file('x/binary.txt', 'a\0b'),
        await file('x/large.txt', 'x'.repeat(200)),
        await file('x/good.txt', 'Good.'),
      ],
      { maxRecordBytes: 100 },
    );
    expect(brief(items)).toEqual([
      'file: there is no such file',
      'file: expected one of .jsonl, .jsonl.gz, .json, .csv, .md, .html, .txt, .pdf, .docx, a sitemap .xml or a .source.yaml',
      'file: text: expected some text, found none',
      'file: cannot be read: not valid UTF-8',
      'file: cannot be read: not a text file: it has zero bytes',
      'file: larger than 100 bytes',
      join(root, 'x/good.txt'),
    ]);
  });

  test('all bytes are counted', async () => {
    let bytes = 0;
    const paths = [await file('n.jsonl', jsonl({ id: 'a', text: 'Text.' })), await file('n.md', 'Text.')];
    const source = await openSource(paths, { tenant: 'default', acl: [], onBytes: (read) => (bytes += read) });
    for await (const _ of source.items);
    expect(bytes).toBe(source.totalBytes);
  });
});

const headings = ({ text, headings: spans }: ParsedText) => spans.map(({ start, end }) => text.slice(start, end));

test('Markdown: the words, with headings, lists, tables and code', () => {
  const source = `---
title: "The guide"
url: https://example.org/guide
date: 2024-05-01
lang: en
---
# First *heading*

A paragraph with **bold**, \`code\`, a [link](https://x.org "t") and
a second line &amp; <b>markup</b>.

- one
- two
  - nested

1. item

> A quote.

| a | b |
|---|---|
| 1 | x \\| y |

\`\`\`js
const x = 1;

call(x);
\`\`\`

<div>Raw <i>HTML</i></div>

Second
------
End.`;
  const parsed = parseMarkdown(source);
  expect(parsed).toMatchObject({
    title: 'The guide',
    url: 'https://example.org/guide',
    date: '2024-05-01',
    language: 'en',
  });
  expect(headings(parsed)).toEqual(['First heading', 'Second']);
  expect(parsed.text).toBe(`First heading

A paragraph with bold, code, a link and a second line & markup.

one
two
nested

item

A quote.

a | b
1 | x | y

const x = 1;

call(x);

Raw HTML

Second

End.`);
  expect(parseMarkdown('## Only second level\n\nText.').title).toBeUndefined();
});

test('HTML: the main text, without what stands beside it', () => {
  const parsed = parseHtml(`<!doctype html><html lang="en-GB"><head><title>Page – Site</title>
    <link rel="canonical" href="https://example.org/page"><style>p { color: red }</style></head>
    <body><nav><a href="/">Home</a></nav><main><h1>The &amp; page</h1>
    <p>First <b>para</b>graph,<br>two   lines&nbsp;here.</p><script>alert("no")</script>
    <div>Loose text <p>inside</p> a div</div>
    <ul><li>one</li><li><p>two</p></li></ul>
    <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
    <p hidden>Hidden.</p><aside>Beside.</aside><h2>Section</h2><pre>x
  y</pre></main><footer>Foot</footer></body></html>`);
  expect(parsed).toMatchObject({ title: 'The & page', url: 'https://example.org/page', language: 'en-GB' });
  expect(headings(parsed)).toEqual(['The & page', 'Section']);
  expect(parsed.text).toBe(`The & page

First paragraph,
two lines\u00a0here.

Loose text

inside

a div

one
two

a | b
1 | 2

Section

x
  y`);
  expect(parseHtml('just <b>text').text).toBe('just text');
  expect(parseHtml('').text).toBe('');
});
