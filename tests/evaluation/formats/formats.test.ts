import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCorpus, readDocuments } from '../../../src/evaluation/formats/corpus.js';
import { parseNumber } from '../../../src/evaluation/formats/number-bytes.js';
import { qrelsText, readQrels } from '../../../src/evaluation/formats/qrels.js';
import { readQueries } from '../../../src/evaluation/formats/queries.js';
import { readRun, runName, writeRun } from '../../../src/evaluation/formats/run.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-formats-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, content);
  return path;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const trec = `# a comment
q1 Q0 d1 9 0.5 tag
q1 Q0 d2 1 0.75 tag
q1\tQ0\td#3\t2\t0.5\ttag and more

q2 Q0 d1 1 -1e-3 tag
`;

describe('runs', () => {
  const expected = new Map([
    [
      'q1',
      [
        { documentId: 'd2', score: 0.75 },
        { documentId: 'd1', score: 0.5 },
        { documentId: 'd#3', score: 0.5 },
      ],
    ],
    ['q2', [{ documentId: 'd1', score: -0.001 }]],
  ]);

  it('TREC: by score, ties by descending id; ranks, comments, blank lines and what follows the tag are ignored', async () => {
    const run = await readRun(await file('a.run', trec));
    expect(run).toEqual({ name: 'a', topics: expected });
    expect(await readRun(await file('a.run.gz', gzipSync(trec)))).toEqual(run);
    expect((await readRun(await file('crlf.run', trec.replaceAll('\n', '\r\n')))).topics).toEqual(expected);
    expect((await readRun(await file('no-end.run', trec.trimEnd()))).topics).toEqual(expected);
  });

  it('JSON lines, JSON, MS MARCO', async () => {
    const lines = [
      { query_id: 'q1', doc_id: 'd1', score: 0.5 },
      { qid: 'q1', docid: 'd2', score: 0.75 },
      { topic: 'q1', documentId: 'd#3', score: 0.5 },
      { topic: 'q2', documentId: 'd1', score: -0.001 },
    ];
    const jsonl = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    expect((await readRun(await file('b.jsonl', jsonl))).topics).toEqual(expected);
    const json = { q1: { d1: 0.5, d2: 0.75, 'd#3': 0.5 }, q2: { d1: -0.001 } };
    expect((await readRun(await file('b.json', JSON.stringify(json)))).topics).toEqual(expected);
    const marco = await readRun(await file('m.tsv', '7\t11\t2\n7\t12\t1\n'));
    expect(marco.topics.get('7')?.map(({ documentId }) => documentId)).toEqual(['12', '11']);
  });

  it('writes what it reads, to the last bit', async () => {
    const topics = new Map([
      ['q', [1 / 3, 0.1 + 0.2, 1e-300].map((score, index) => ({ documentId: `d${index}`, score }))],
    ]);
    for (const name of ['out.run', 'out.run.gz']) {
      await writeRun(join(dir, name), topics, 'my tag');
      expect((await readRun(join(dir, name))).topics).toEqual(topics);
    }
    expect(gunzipSync(await readFile(join(dir, 'out.run.gz'))).toString()).toBe(
      await readFile(join(dir, 'out.run'), 'utf8'),
    );
    expect(await readFile(join(dir, 'out.run'), 'utf8')).toContain('q Q0 d0 1 0.3333333333333333 my_tag\n');
  });

  it('lines longer than a block, and blocks that end within a line', async () => {
    const long = `q Q0 ${'d'.repeat(3_000_000)} 1 2 tag\n`;
    const many = Array.from({ length: 60_000 }, (_, rank) => `q Q0 document-${rank} ${rank} ${-rank} tag\n`).join('');
    const run = await readRun(await file('long.run', long + many));
    expect(run.topics.get('q')).toHaveLength(60_001);
    expect(run.topics.get('q')?.at(-1)).toEqual({ documentId: 'document-59999', score: -59999 });
  });

  it.each([
    ['q1 Q0 d1 1 0.5\n', /bad.run:1: expected 6 columns \(topic Q0 document rank score tag\), found 5/],
    ['q1 Q0 d1 1 0.5 t\nq1 Q0 d2 2 high t\n', /bad.run:2: expected a number as score in column 5, found high/],
    ['q1 Q0 d1 1 nan t\n', /bad.run:1: expected a number as score/],
    ['q1 Q0 d1 1 2 t\nq1 Q0 d1 2 1 t\n', /bad.run:2: topic q1 ranks document d1 twice/],
    ['{"qid": "1", "score": 1}\n', /bad.run:1: expected a document in one of/],
    ['{"qid": "1", "docid": "2", "score": "x"}\n', /bad.run:1: expected a number as score in "score", found "x"/],
    ['{"qid": \n', /bad.run:1: expected JSON/],
  ])('%j: names file, line and what is wrong', async (content, message) => {
    await expect(readRun(await file('bad.run', content))).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(message),
    });
  });

  it('a missing file, a damaged archive', async () => {
    await expect(readRun(join(dir, 'none.run'))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/none.run: expected the run, found no file/),
    });
    await expect(readRun(await file('cut.run.gz', gzipSync(trec).subarray(0, 60)))).rejects.toMatchObject({
      message: expect.stringMatching(/cut.run.gz: cannot be read/),
    });
  });

  it.each([
    ['x/bm25.run.gz', 'bm25'],
    ['bm25.v2.trec', 'bm25.v2'],
    ['results.test', 'results.test'],
    ['-', 'stdin'],
  ])('the name of %s is %s', (path, name) => expect(runName(path)).toBe(name));
});

describe('numbers', () => {
  const parse = (text: string) => parseNumber(Buffer.from(text), 0, text.length);

  it('reads every double as JavaScript does', () => {
    // The text of -0 is "0".
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => Object.is(parse(String(value)), Number(String(value)))),
    );
    const decimal = fc.tuple(fc.integer(), fc.nat(999_999_999)).map(([whole, part]) => `${whole}.${part}`);
    fc.assert(fc.property(decimal, (text) => parse(text) === Number(text)));
  });

  it.each(['', '-', '.', '1.2.3', '1e', '0x10', 'one', '1,5'])('%j is none', (text) => expect(parse(text)).toBeNaN());
  it.each([
    ['+3', 3],
    ['.5', 0.5],
    ['5.', 5],
    ['-Infinity', -Infinity],
    ['inf', Infinity],
  ])('%s', (text, value) => expect(parse(text)).toBe(value));
});

describe('qrels', () => {
  const grades = new Map([
    [
      '1',
      new Map([
        ['a', 1],
        ['b', 0],
      ]),
    ],
    ['2', new Map([['a', -1]])],
  ]);

  it.each([
    ['q.trec', '1 0 a 1\n1 0 b 0\n# no line\n2 0 a -1\n'],
    ['q.tsv', 'query-id\tcorpus-id\tscore\n1\ta\t1\n1\tb\t0\n2\ta\t-1\n'],
    [
      'q.jsonl',
      '{"query_id":1,"doc_id":"a","relevance":1}\n{"qid":"1","docid":"b","score":0}\n{"topic":"2","documentId":"a","grade":-1}\n',
    ],
    ['q.json', '{"1": {"a": 1, "b": 0}, "2": {"a": -1}}'],
  ])('%s', async (name, content) => {
    expect((await readQrels(await file(name, content))).topics).toEqual(grades);
    expect(
      (await readQrels(await file(name.replace('.json', '.x.json').concat('.gz'), gzipSync(content)))).topics,
    ).toEqual(grades);
  });

  it('a folder in the BEIR layout', async () => {
    await mkdir(join(dir, 'beir', 'qrels'), { recursive: true });
    await file('beir/qrels/test.tsv', 'query-id\tcorpus-id\tscore\n1\ta\t2\n');
    await file('beir/queries.jsonl', '{"_id": "1", "text": "what is a?"}\n');
    await file('beir/corpus.jsonl', '{"_id": "a", "title": "A", "text": "an a"}\n');
    expect((await readQrels(join(dir, 'beir'))).topics).toEqual(new Map([['1', new Map([['a', 2]])]]));
    expect(await readQueries(join(dir, 'beir'))).toEqual(new Map([['1', 'what is a?']]));
    expect(await all(readCorpus(join(dir, 'beir')))).toEqual([{ id: 'a', title: 'A', text: 'an a' }]);
  });

  it('keeps subtopics apart; a document has the highest of its grades', async () => {
    const text = '1 first a 1\n1 second a 0\n1 second b 1\n';
    const qrels = await readQrels(await file('d.qrels', text));
    expect(qrels.topics.get('1')).toEqual(
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    );
    expect(qrels.subtopics.get('1')?.get('second')).toEqual(
      new Map([
        ['a', 0],
        ['b', 1],
      ]),
    );
    expect(qrelsText(qrels)).toBe(text);
  });

  it.each([
    ['1 0 a\n', /bad.qrels:1: expected 4 columns/],
    ['1\ta\t1\nx\t1\n', /bad.qrels:2: expected 3 columns \(query-id corpus-id score\), found 2/],
    ['1 0 a 1\n1 0 b\n', /bad.qrels:2: expected 4 columns \(topic subtopic document grade\), found 3/],
    ['1 0 a 1\n1 0 a 2\n', /bad.qrels:2: topic 1 judges document a twice/],
    ['1 0 a 0.5\n', /bad.qrels:1: expected a whole number as grade, found 0.5/],
    ['# nothing\n', /bad.qrels: there is no judgement in it/],
  ])('%j: names file, line and what is wrong', async (content, message) => {
    await expect(readQrels(await file('bad.qrels', content))).rejects.toThrow(message);
  });
});

describe('queries and corpus', () => {
  it.each([
    ['queries.tsv', '1\twhat is\ta\n2\twho\n'],
    ['queries.jsonl', '{"_id": "1", "text": "what is\\ta"}\n{"query_id": 2, "query": "who"}\n'],
  ])('%s', async (name, content) => {
    expect(await readQueries(await file(name, content))).toEqual(
      new Map([
        ['1', 'what is\ta'],
        ['2', 'who'],
      ]),
    );
  });

  it.each([
    ['1 what\n', /q.tsv:1: expected an id and a text with a tab/],
    ['1\ta\n1\tb\n', /q.tsv:2: the id 1 occurs twice/],
    ['{"_id": "1"}\n', /q.tsv:1: expected a text in one of/],
  ])('%j: says what is wrong', async (content, message) => {
    await expect(readQueries(await file('q.tsv', content))).rejects.toThrow(message);
  });

  it('documents of MS MARCO and BEIR; only the wanted ones are kept', async () => {
    const passages = await file('collection.tsv', '0\tfirst text\n1\tsecond\n');
    expect(await readDocuments(passages, new Set(['1', '9']))).toEqual(
      new Map([['1', { id: '1', title: '', text: 'second' }]]),
    );
    const documents = await file('docs.tsv.gz', gzipSync('D1\thttp://a\tTitle\tBody\n'));
    expect(await all(readCorpus(documents))).toEqual([{ id: 'D1', title: 'Title', text: 'Body' }]);
    await expect(all(readCorpus(await file('c.jsonl', '{"_id": "1"}\n')))).rejects.toThrow(
      /c.jsonl:1: expected a text/,
    );
  });
});
