import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteTable } from '../../../src/evaluation/byte-table.js';
import { evaluateRun } from '../../../src/evaluation/evaluate-runs.js';
import { qrelsOf } from '../../../src/evaluation/formats/qrels.js';
import { readRun } from '../../../src/evaluation/formats/run.js';
import { judgeRun } from '../../../src/evaluation/judge-run.js';
import { type Judgements, prepareJudgements } from '../../../src/evaluation/judgements.js';
import { parseMeasure } from '../../../src/evaluation/measures/ranking/parse-measure.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candor-judge-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const judgements = prepareJudgements(
  qrelsOf([
    { topic: 'one', documentId: 'a', relevance: 1, subtopic: '0' },
    { topic: 'one', documentId: 'b', relevance: 0, subtopic: '0' },
    { topic: 'one', documentId: 'c', relevance: -1, subtopic: '0' },
    { topic: 'two', documentId: 'a', relevance: 2, subtopic: '0' },
    { topic: 'three', documentId: 'a', relevance: 0, subtopic: '0' },
  ]),
);

async function judged(content: string | Buffer, known: Judgements = judgements, name = 'a.run') {
  const path = join(dir, name);
  await writeFile(path, content);
  const rankings: Record<string, { documents: number[]; grades: number[] }> = {};
  const summary = await judgeRun(path, known, (topic, { documents, grades }) => {
    rankings[known.topics[topic]!.topic] = { documents: [...documents], grades: [...grades] };
  });
  return { summary, rankings };
}

describe('judgeRun', () => {
  const grouped = 'one Q0 x 1 0.5 t\none Q0 a 2 3 t\none Q0 c 3 1 t\ntwo Q0 a 1 1 t\nnone Q0 a 1 1 t\n';

  it('gives documents and grades by score: -1 where nobody judged, -2 where the grade is negative', async () => {
    const { summary, rankings } = await judged(grouped);
    expect(rankings).toEqual({
      one: { documents: [0, 2, -1], grades: [1, -2, -1] },
      two: { documents: [0], grades: [2] },
    });
    expect(summary).toEqual({ tag: 't', topics: 2, unjudgedTopics: 1, tiedTopics: 0, longest: 3 });
  });

  it('puts topics together whose lines do not stand together', async () => {
    const lines = grouped.trim().split('\n');
    const mixed = [lines[3], lines[0], lines[4], lines[2], lines[1]].join('\n');
    const expected = await judged(grouped);
    expect((await judged([lines[0], lines[3], lines[4], lines[2], lines[1]].join('\n'))).rankings).toEqual(
      expected.rankings,
    );
    expect((await judged([lines[0], lines[3], lines[1], lines[2]].join('\n'))).summary).toMatchObject({ topics: 2 });
    expect((await judged(gzipSync(mixed), judgements, 'm.run.gz')).rankings).toEqual(expected.rankings);
  });

  it('orders equal scores by descending id, by bytes, wherever they stand', async () => {
    const ids = ['b', 'a', 'B', 'é', 'aa', '😀', '\uffee'];
    const known = prepareJudgements(
      qrelsOf(ids.map((documentId) => ({ topic: 'q', documentId, relevance: 1, subtopic: '0' }))),
    );
    const byBytes = ids
      .map((_, index) => index)
      .sort((a, b) => Buffer.compare(Buffer.from(ids[b]!), Buffer.from(ids[a]!)));
    const run = (order: readonly string[]) => order.map((id) => `q Q0 ${id} 1 2.50 t\n`).join('');
    expect((await judged(run(ids), known)).rankings.q?.documents).toEqual(byBytes);
    expect((await judged(`q Q0 z 1 1 t\n${run(ids.toReversed())}q Q0 y 1 9 t\n`, known)).rankings.q?.documents).toEqual(
      [-1, ...byBytes, -1],
    );
    expect((await judged(run(ids), known)).summary.tiedTopics).toBe(1);
  });

  it('compares scores in single precision, as trec_eval does (reciprocal ranks of pytrec_eval 0.5.11)', async () => {
    const reciprocalRank = async (a: string, b: string) => {
      const { rankings } = await judged(`one Q0 a 1 ${a} t\none Q0 b 2 ${b} t\n`);
      return 1 / ((rankings.one?.documents.indexOf(0) ?? -1) + 1);
    };
    expect(await reciprocalRank('0.812345678902', '0.812345678901')).toBe(0.5);
    expect(await reciprocalRank('0.812345678901', '0.812345678902')).toBe(0.5);
    expect(await reciprocalRank('16777217', '16777216')).toBe(0.5);
    expect(await reciprocalRank('2', '1')).toBe(1);
    const path = join(dir, 'single.run');
    await writeFile(
      path,
      'one Q0 a 1 0.812345678902 t\none Q0 b 2 0.812345678901 t\none Q0 c 3 inf t\none Q0 d 4 inf t\n',
    );
    const { topics } = await readRun(path);
    expect(topics.get('one')).toEqual([
      { documentId: 'd', score: Number.POSITIVE_INFINITY },
      { documentId: 'c', score: Number.POSITIVE_INFINITY },
      { documentId: 'b', score: 0.812345678901 },
      { documentId: 'a', score: 0.812345678902 },
    ]);
  });

  it('orders infinite and huge scores', async () => {
    const { rankings } = await judged('one Q0 b 1 -inf t\none Q0 x 1 -inf t\none Q0 a 1 1e400 t\none Q0 c 1 0 t\n');
    expect(rankings.one?.documents).toEqual([0, 2, -1, 1]);
  });

  it.each([
    ['together', 'one Q0 a 1 2 t\none Q0 a 2 1 t\n', /a.run:2: topic one ranks document a twice/],
    ['apart', 'one Q0 a 1 2 t\ntwo Q0 a 1 2 t\none Q0 a 2 1 t\n', /a.run:3: topic one ranks document a twice/],
  ])('refuses a document that occurs twice, %s', async (_, content, message) => {
    await expect(judged(content)).rejects.toThrow(message);
  });

  it('keeps many documents', async () => {
    const lines = Array.from({ length: 5_000 }, (_, rank) => `one Q0 d${rank} ${rank} ${-rank} t\n`);
    const { rankings } = await judged(`${lines.join('')}one Q0 a 1 -0.5 t\n`);
    expect(rankings.one?.documents.indexOf(0)).toBe(1);
    expect(rankings.one?.documents).toHaveLength(5_001);
  });
});

describe('evaluateRun', () => {
  it.each([
    ['zero', { perTopic: [0.5, 1, 0], mean: 0.5 }],
    ['skip', { perTopic: [0.5, 1, Number.NaN], mean: 0.75 }],
  ] as const)('a topic that the run lacks, %s', async (missing, { perTopic, mean }) => {
    const path = join(dir, 'e.run');
    await writeFile(path, 'one Q0 b 1 2 t\none Q0 a 2 1 t\ntwo Q0 a 1 1 t\n');
    const run = await evaluateRun({ name: 'e', path }, judgements, [parseMeasure('RR')], { missing });
    expect(run.missingTopics).toEqual(['three']);
    expect([...run.values[0]!.perTopic]).toEqual(perTopic);
    expect(run.values[0]!.mean).toBe(mean);
  });
});

describe('ByteTable', () => {
  it('finds what was added, whatever it is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 100 }), (texts) => {
        const table = new ByteTable();
        const [first, again] = [texts.map((text) => table.addText(text)), texts.map((text) => table.addText(text))];
        expect(first).toEqual([...texts.keys()]);
        expect(again).toEqual(first);
        expect(table.size).toBe(texts.length);
        expect(first.map((number) => table.text(number))).toEqual(texts);
      }),
      { numRuns: 20 },
    );
  });
});
