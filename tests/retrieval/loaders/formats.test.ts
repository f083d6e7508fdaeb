import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { mapFields } from '../../../src/retrieval/loaders/field-mapping.js';
import { openSource } from '../../../src/retrieval/loaders/load.js';
import type { Loaded, LoadedDocument, LoaderOptions } from '../../../src/retrieval/loaders/loader.js';
import { parsePdf } from '../../../src/retrieval/loaders/pdf.js';
import { parseWikitext } from '../../../src/retrieval/loaders/wikitext.js';
import { makePdf } from '../../fixtures/make-pdf.js';
import { docxParagraph, makeDocx, makeZip } from '../../fixtures/make-zip.js';

const root = await mkdtemp(join(tmpdir(), 'candor-formats-'));
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

const brief = (items: Loaded[]) =>
  items.map((item) => (item.type === 'document' ? item.document.id : `${item.line ?? 'file'}: ${item.reason}`));
const structureOf = ({ document, headings, tables = [] }: LoadedDocument) => ({
  headings: headings.map(({ start, end, level }) => `${level} ${document.text.slice(start, end)}`),
  tables: tables.map(({ start, end }) => document.text.slice(start, end)),
});
const only = (items: Loaded[]): LoadedDocument => {
  expect(items).toEqual([expect.objectContaining({ type: 'document' })]);
  return items[0] as LoadedDocument;
};

describe('CSV', () => {
  test('columns are fields; quoted cells, other delimiters and a byte order mark are read', async () => {
    const comma = await file(
      'a.csv',
      '\ufeffid,title,text,acl,metadata.section,date\r\n1,"A, b","Two\nlines ""here"".",staff managers,guides,2024-05-01\r\n2,,Text.,,,\r\n',
    );
    expect(await load([comma])).toMatchObject([
      {
        line: 3,
        document: {
          id: '1',
          title: 'A, b',
          text: 'Two\nlines "here".',
          acl: ['staff', 'managers'],
          date: '2024-05-01',
          metadata: { section: 'guides' },
        },
      },
      { line: 4, document: { id: '2', title: '', text: 'Text.', acl: [], metadata: {} } },
    ]);
    const items = await load([await file('b.tsv', 'id\ttext\n3\tThree, four; five.\n')]);
    expect(only(items).document.text).toBe('Three, four; five.');
  });

  test('each bad row is named with its line, and the others go on', async () => {
    const rows = ['id;text', '1;One.', '2', '3;Three.;x', '4;', '1;Again.', '5;"Open', '', '6;Six."', '7;Seven.'];
    expect(brief(await load([await file('bad.csv', rows.join('\n'))]))).toEqual([
      // Rows are read ahead of the documents that are made of them.
      expect.stringMatching(/^3: not a row like the first: /),
      expect.stringMatching(/^4: not a row like the first: /),
      '1',
      '5: text: expected string, received undefined',
      expect.stringMatching(/^6: id 1 is taken already/),
      '5',
      '7',
    ]);
  });

  test('what is no CSV of ours', async () => {
    const reasons = async (name: string, content: string | Buffer) => brief(await load([await file(name, content)]));
    expect(await reasons('c.csv', 'id,body\n1,Text.\n')).toEqual([
      expect.stringMatching(/^1: cannot be read from here on: unknown column "body": expected id, text/),
    ]);
    expect(await reasons('d.csv', Buffer.from('id,text\n1,caf\xe9\n', 'latin1'))).toEqual([
      '1: cannot be read from here on: not valid UTF-8',
    ]);
    expect(await reasons('e.csv', 'id,text\n1,a\0b\n')).toEqual([expect.stringMatching(/zero bytes/)]);
    expect(await reasons('f.csv', '')).toEqual([]);
  });
});

describe('PDF', () => {
  const body = (text: string, y: number) => ({ text, y });

  test('headings by size, paragraphs by gaps, divided words, page edges that repeat', async () => {
    const pages = [
      [
        body('The manual', 820),
        { text: 'Pumps', y: 780, size: 20 },
        { text: 'Care', y: 740, size: 14 },
        body('Oil the pump once a year, and con-', 720),
        body('trol the seal. Never run it', 708),
        body('dry.', 696),
        body('A second paragraph that goes on', 660),
        body('Page 1', 30),
      ],
      [body('The manual', 820), body('overleaf.', 780), body('Page 2', 30)],
      [body('The manual', 820), { text: 'Storage', y: 780, size: 14 }, body('Keep it warm.', 760), body('Page 3', 30)],
    ];
    const parsed = await parsePdf(makePdf(pages));
    expect(parsed.text).toBe(
      'Pumps\n\nCare\n\nOil the pump once a year, and control the seal. Never run it dry.\n\n' +
        'A second paragraph that goes on overleaf.\n\nStorage\n\nKeep it warm.',
    );
    expect(parsed.headings.map(({ start, end, level }) => [level, parsed.text.slice(start, end)])).toEqual([
      [1, 'Pumps'],
      [2, 'Care'],
      [2, 'Storage'],
    ]);
    expect(parsed.title).toBe('Pumps');
    expect((await parsePdf(makePdf(pages, 'Title of the file'))).title).toBe('Title of the file');
  });

  test('no PDF, a cut one, and one without text are named', async () => {
    const whole = makePdf([[body('Text.', 700)]]);
    const items = await load([
      await file('p/a.pdf', 'plain text'),
      await file('p/b.pdf', makePdf([[]])),
      await file('p/c.pdf', whole.subarray(0, 200)),
      await file('p/d.pdf', whole),
    ]);
    expect(brief(items)).toEqual([
      expect.stringMatching(/^file: cannot be read: Invalid PDF/),
      'file: cannot be read: it has no text; scanned pages must be read by OCR first',
      expect.stringMatching(/^file: cannot be read: /),
      join(root, 'p/d.pdf'),
    ]);
  });
});

describe('DOCX', () => {
  test('headings, paragraphs and tables', async () => {
    const cell = (text: string) => `<w:tc>${docxParagraph(text)}</w:tc>`;
    const row = (...cells: string[]) => `<w:tr>${cells.map(cell).join('')}</w:tr>`;
    const path = await file(
      'guide.docx',
      makeDocx(
        `${docxParagraph('The guide', 'Title')}${docxParagraph('First &amp; foremost.')}${docxParagraph('Part', 'H2')}` +
          `<w:tbl>${row('a', 'b')}${row('1', '2')}</w:tbl>${docxParagraph('End.')}`,
      ),
    );
    const item = only(await load([path]));
    expect(item.document).toMatchObject({
      id: path,
      title: 'The guide',
      text: 'The guide\n\nFirst & foremost.\n\nPart\n\na | b\n1 | 2\n\nEnd.',
    });
    expect(structureOf(item)).toEqual({ headings: ['1 The guide', '2 Part'], tables: ['a | b\n1 | 2'] });
  });

  test('what is no Word document', async () => {
    const items = await load([
      await file('w/a.docx', 'plain text'),
      await file('w/b.docx', makeZip({ 'a.txt': 'x' })),
      await file('w/c.docx', makeDocx(docxParagraph('Fine.'))),
    ]);
    expect(brief(items)).toEqual([
      'file: cannot be read: not a Word document (.docx)',
      expect.stringMatching(/^file: cannot be read: /),
      join(root, 'w/c.docx'),
    ]);
  });
});

describe('JSON files and MediaWiki', () => {
  const json = (name: string, value: unknown) => file(name, JSON.stringify(value));

  test('a record, a list of records, and each bad one alone', async () => {
    const items = await load([
      await json('one.json', { id: 'one', text: 'Text.' }),
      await json('list.json', [{ id: 'two', text: 'Text.' }, { id: 3 }, { id: 'four', text: 'Text.' }]),
      await file('broken.json', '{"id": '),
    ]);
    expect(brief(items)).toEqual([
      'one',
      'two',
      expect.stringMatching(/^file: id: expected string, received number/),
      'four',
      expect.stringMatching(/^file: cannot be read: /),
    ]);
  });

  test('replies of the action API, in both forms, and of the REST API', async () => {
    const extracts = {
      batchcomplete: '',
      query: {
        pages: {
          '7': {
            pageid: 7,
            ns: 0,
            title: 'Piano',
            extract: 'An instrument.\n\n\n== History ==\nIt is old.',
            touched: '2024-05-01T00:00:00Z',
          },
          '-1': { ns: 0, title: 'Nothing', missing: '' },
        },
      },
    };
    const revisions = {
      query: {
        pages: [
          {
            pageid: 8,
            title: 'Organ',
            revisions: [
              { timestamp: '2023-01-01T00:00:00Z', slots: { main: { content: "'''Organ''' has [[pipe]]s." } } },
            ],
          },
          { pageid: 9, title: 'Organs', revisions: [{ slots: { main: { content: '#REDIRECT [[Organ]]' } } }] },
          { pageid: 10, title: 'Empty' },
        ],
      },
    };
    const html = {
      parse: { title: 'Harp', pageid: 11, text: { '*': '<p>Has <b>strings</b>.</p><h2>Tuning</h2><p>Hard.</p>' } },
    };
    const rest = {
      id: 12,
      key: 'Drum',
      title: 'Drum',
      latest: { id: 1, timestamp: '2022-02-02T00:00:00Z' },
      source: 'A drum.',
    };
    const items = await load([
      await json('w/extracts.json', extracts),
      await json('w/html.json', html),
      await json('w/rest.json', rest),
      await json('w/revisions.json', revisions),
    ]);
    expect(items).toMatchObject([
      {
        document: {
          id: '7',
          title: 'Piano',
          text: 'An instrument.\n\nHistory\n\nIt is old.',
          date: '2024-05-01T00:00:00Z',
        },
      },
      { type: 'rejected', reason: 'Nothing: there is no such page' },
      { document: { id: '11', title: 'Harp', text: 'Has strings.\n\nTuning\n\nHard.' } },
      { document: { id: '12', title: 'Drum', text: 'A drum.', date: '2022-02-02T00:00:00Z' } },
      { document: { id: '8', title: 'Organ', text: 'Organ has pipes.', date: '2023-01-01T00:00:00Z' } },
      { type: 'rejected', reason: 'Organs: it is a redirect' },
      { type: 'rejected', reason: expect.stringMatching(/^Empty: it has no text: ask the API for prop=extracts/) },
    ]);
    expect(structureOf(items[0] as LoadedDocument).headings).toEqual(['2 History']);
  });

  test('lines of a dump and of an extractor', async () => {
    const lines = [
      { index: { _type: '_doc', _id: '5' } },
      {
        title: 'Flute',
        namespace: 0,
        page_id: 5,
        language: 'en',
        text: 'A flute.',
        timestamp: '2024-01-01T00:00:00Z',
        opening_text: 'x',
      },
      { id: '6', revid: '1', url: 'https://example.org/6', title: 'Oboe', text: 'An oboe.' },
    ];
    const path = await file('dump.jsonl.gz', gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')));
    expect(await load([path])).toMatchObject([
      { line: 2, document: { id: '5', title: 'Flute', text: 'A flute.', language: 'en' } },
      { line: 3, document: { id: '6', title: 'Oboe', url: 'https://example.org/6' } },
    ]);
  });

  test('wikitext: words, headings, lists and tables, without templates and references', () => {
    const parsed = parseWikitext(
      "{{Infobox|x=1}}'''Piano''' is an [[instrument|instrument with keys]].<ref>No.</ref> It is old.\n\n== History ==\nText.\n* one\n* two\n\n" +
        '{| class="wikitable"\n! a !! b\n|-\n| 1 || 2\n|}\n=== Early ===\nEnd.',
    );
    expect(parsed.text).toBe(
      'Piano is an instrument with keys. It is old.\n\nHistory\n\nText.\n\none\ntwo\n\na | b\n1 | 2\n\nEarly\n\nEnd.',
    );
    expect(parsed.headings.map(({ level }) => level)).toEqual([2, 3]);
    expect(parsed.tables?.map(({ start, end }) => parsed.text.slice(start, end))).toEqual(['a | b\n1 | 2']);
  });
});

describe('sitemaps', () => {
  const urlset = (...entries: string[]) =>
    `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries.map((entry) => `<url>${entry}</url>`).join('')}</urlset>`;

  test('pages are the files beside it; what is not there is named, and nothing outside is read', async () => {
    await file('s/secret.html', '<p>Secret.</p>');
    await file('s/site/docs/index.html', '<p>Start.</p>');
    await file('s/site/docs/a.html', '<title>A</title><p>Page a.</p>');
    await file('s/site/docs/b/index.html', '<p>Page b.</p>');
    await file('s/site/docs/c d.md', '# C\n\nPage c.');
    await file('s/site/docs/logo.png', 'x');
    const sitemap = urlset(
      '<loc>https://example.org/docs/</loc>',
      '<loc>https://example.org/docs/a</loc><lastmod>2024-05-01</lastmod>',
      '<loc><![CDATA[https://example.org/docs/b/?x=1&y=2]]></loc><lastmod>soon</lastmod>',
      '<loc>https://example.org/docs/c%20d.md</loc>',
      '<loc>https://example.org/docs/gone</loc>',
      '<loc>https://example.org/docs/logo.png</loc>',
      '<loc>https://example.org/%2e%2e/%2e%2e/secret.html</loc>',
      '<loc>https://example.org/docs/..%2f..%2f..%2fsecret.html</loc>',
    );
    const items = await load([await file('s/site/sitemap.xml', sitemap)]);
    expect(brief(items)).toEqual([
      'https://example.org/docs/',
      'https://example.org/docs/a',
      'https://example.org/docs/b/?x=1&y=2',
      'https://example.org/docs/c%20d.md',
      expect.stringMatching(/gone: there is no such file/),
      expect.stringMatching(/logo.png: not a kind of file/),
      expect.stringMatching(/secret.html: there is no such file/),
      expect.stringMatching(/secret.html: there is no such file/),
    ]);
    expect(items[1]).toMatchObject({ document: { url: 'https://example.org/docs/a', date: '2024-05-01', title: 'A' } });
    expect((items[2] as LoadedDocument).document.date).toBeUndefined();
  });

  test('a sitemap of sitemaps, compressed too, for a folder that is a part of the site', async () => {
    await file('t/one.html', '<p>One.</p>');
    await file('t/two.html', '<p>Two.</p>');
    await file(
      't/part.xml.gz',
      gzipSync(urlset('<loc>https://example.org/help/one.html</loc>', '<loc>https://example.org/help/two.html</loc>')),
    );
    const index = '<sitemapindex><sitemap><loc>https://example.org/help/part.xml.gz</loc></sitemap></sitemapindex>';
    expect(brief(await load([await file('t/sitemap.xml', index)]))).toEqual([
      'https://example.org/help/one.html',
      'https://example.org/help/two.html',
    ]);
    expect(brief(await load([await file('t/other.xml', '<feed/>')]))).toEqual([
      'file: cannot be read: expected a sitemap: <urlset> or <sitemapindex>',
    ]);
  });
});

describe('fields of a foreign record', () => {
  test('paths, lists, dates in milliseconds, markup', () => {
    const source = {
      _id: 'x1',
      head: { line: 'Title' },
      body: '<h2>Part</h2><p>One &amp; two.</p>',
      more: ['<p>Three.</p>', '<p>Four.</p>'],
      'link.url': 'https://example.org/',
      when: 1_700_000_000_000,
      who: 'staff',
      tags: [{ name: 'a' }, { name: 'b' }],
      views: 7,
    };
    const fields = {
      id: '_id',
      text: ['body', 'more'],
      title: 'head.line',
      url: 'link.url',
      date: 'when',
      acl: 'who',
      metadata: { tags: 'tags.name', views: 'views', none: 'no.such' },
      textFormat: 'html' as const,
    };
    expect(mapFields(source, fields)).toMatchObject({
      record: {
        id: 'x1',
        title: 'Title',
        text: 'Part\n\nOne & two.\n\nThree.\n\nFour.',
        url: 'https://example.org/',
        date: '2023-11-14T22:13:20.000Z',
        acl: ['staff'],
        metadata: { tags: ['a', 'b'], views: 7 },
      },
      headings: [{ start: 0, end: 4, level: 2 }],
    });
  });

  test('an index that cannot be reached, and a file that says too little', async () => {
    const fields = 'fields: {text: body}';
    const items = await load([
      await file('far.source.yaml', `elasticsearch: {url: "http://127.0.0.1:1", index: x}\n${fields}`),
      await file('odd.source.yaml', `elasticsearch: {url: "http://127.0.0.1:1"}\nfield: {}`),
      await file('bare.source.yaml', 'elasticsearch: {url: "http://127.0.0.1:1", index: x}\nfields: {title: a}'),
      await file('empty.source.yaml', ''),
    ]);
    expect(brief(items)).toEqual([
      expect.stringMatching(/^file: cannot be read: connect ECONNREFUSED/),
      expect.stringMatching(/^file: cannot be read: expected a source of documents; elasticsearch.index: /),
      'file: cannot be read: expected a source of documents; fields.text: expected the name of a field, or a list of names',
      expect.stringMatching(/^file: cannot be read: expected a source of documents; elasticsearch: .*fields: /),
    ]);
  });
});

describe('what pretends to be text, or is too much of it', () => {
  test('files of other kinds under the name of a text', async () => {
    const items = await load([
      await file('b/a.txt', makePdf([[{ text: 'x', y: 1 }]])),
      await file('b/b.md', makeZip({ a: 'x' })),
      await file('b/c.html', gzipSync('x')),
      await file('b/d.txt', '{\\rtf1 x}'),
      await file('b/e.txt', 'Fine.'),
    ]);
    expect(brief(items)).toEqual([
      'file: cannot be read: not a text file: it is a PDF',
      'file: cannot be read: not a text file: it is a ZIP or Office file',
      'file: cannot be read: not a text file: it is compressed',
      'file: cannot be read: not a text file: it is an RTF file',
      join(root, 'b/e.txt'),
    ]);
  });

  test('50 MB of text, as a file and as a line', async () => {
    const large = join(root, 'large.txt');
    const handle = await open(large, 'w');
    await handle.truncate(50_000_000); // A hole: nothing is written, and nothing must be read.
    await handle.close();
    const line = JSON.stringify({ id: 'large', text: 'x'.repeat(50_000_000) });
    const lines = await file('large.jsonl', `${line}\n${JSON.stringify({ id: 'small', text: 'Text.' })}`);
    expect(brief(await load([large, lines]))).toEqual([
      'file: larger than 16777216 bytes',
      '1: longer than 16777216 bytes',
      'small',
    ]);
  });

  test('any bytes under any name become documents or reasons, never an error', async () => {
    const names = ['x.csv', 'x.json', 'x.jsonl', 'x.html', 'x.md', 'x.txt', 'x.docx', 'x.xml', 'x.source.yaml'];
    const parts = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ maxLength: 60 }),
      fc.constantFrom('id,text\n', '{"id":"a",', '<p>', '---\n', '"', '| a |\n|---|\n'),
    );
    const bytes = fc.array(parts, { maxLength: 6 }).map((all) => Buffer.concat(all.map((part) => Buffer.from(part))));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), bytes, async (name, content) => {
        for (const item of await load([await file(`any/${name}`, content)])) {
          if (item.type === 'rejected') expect(item.reason).not.toBe('');
          else {
            const { length } = item.document.text;
            for (const span of [...item.headings, ...(item.tables ?? [])]) {
              expect(0 <= span.start && span.start < span.end && span.end <= length).toBe(true);
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
