import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/evaluation/formats/run.js';
import { poolRuns } from '../../../src/evaluation/testset/pool-runs.js';
import { type SourcePassage, synthesiseQuestions } from '../../../src/evaluation/testset/synthetic-questions.js';

const run = (name: string, topics: Record<string, string>): Run => ({
  name,
  topics: new Map(
    Object.entries(topics).map(([topic, ids]) => [
      topic,
      ids.split(' ').map((documentId, index) => ({ documentId, score: -index })),
    ]),
  ),
});

describe('poolRuns', () => {
  const runs = [run('one', { t: 'a b c d', u: 'x' }), run('two', { t: 'c e a', v: 'y' })];
  const ids = (pool: { topic: string; documentId: string }[], topic: string) =>
    pool.filter((each) => each.topic === topic).map(({ documentId }) => documentId);

  it('takes the first documents of each run once', () => {
    const pool = poolRuns(runs, { depth: 2 });
    expect(ids(pool, 't').sort()).toEqual(['a', 'b', 'c', 'e']);
    expect(ids(pool, 'u')).toEqual(['x']);
    expect(ids(pool, 'v')).toEqual(['y']);
  });

  it('tells neither rank nor run, and leaves out what is judged', () => {
    const orders = new Set(
      Array.from({ length: 50 }, (_, seed) => ids(poolRuns(runs, { depth: 2, seed }), 't').join('')),
    );
    expect(orders.size).toBeGreaterThan(10);
    expect(poolRuns([...runs].reverse(), { seed: 3 }).filter(({ topic }) => topic === 't').length).toBe(5);
    const judged = new Map([
      [
        't',
        new Map([
          ['a', 0],
          ['c', 1],
        ]),
      ],
    ]);
    expect(ids(poolRuns(runs, { depth: 2, judged }), 't').sort()).toEqual(['b', 'e']);
  });
});

describe('synthesiseQuestions', () => {
  const passage = (documentId: string, ...sentences: string[]): SourcePassage => {
    let text = '';
    const spans = sentences.map((sentence) => {
      const start = text.length;
      text += `${sentence} `;
      return { start, end: start + sentence.length };
    });
    return { documentId, text, sentences: spans };
  };
  const one = (...sentences: string[]) => synthesiseQuestions([passage('d', ...sentences)], { count: 9 });

  it('leaves a name out, and says in every field that nobody asked', () => {
    expect(one('The piano was invented by the Italian maker Bartolomeo Cristofori in Florence.')).toEqual([
      {
        id: 'synthetic-00001',
        question: 'What belongs in the gap? The piano was invented by the Italian maker ____ in Florence.',
        answers: ['Bartolomeo Cristofori'],
        answerable: true,
        documentIds: ['d'],
        kind: 'synthetic-cloze',
        synthetic: true,
        madeFrom: {
          documentId: 'd',
          sentence: 'The piano was invented by the Italian maker Bartolomeo Cristofori in Florence.',
          method: 'cloze',
        },
      },
    ]);
  });

  it.each([
    ['a number with its unit', 'The river that flows through the city is 6,853 km long in all.', '6,853 km'],
    ['a year', 'The old city was rebuilt after the great fire in 1624 under another name.', '1624'],
  ])('or %s', (_, sentence, answer) => {
    expect(one(sentence)[0]?.answers).toEqual([answer]);
  });

  it.each([
    ['a sentence without any', 'The harp is old and nobody knows who invented the first one.'],
    ['its first words', 'Bartolomeo Cristofori invented the first piano that had hammers and dampers in it.'],
    ['one that gives itself away', 'It was rebuilt in 1624 by those who had seen the great fire of 1624 there.'],
    [
      'half of a longer word',
      'In those years the Marxist Communist–Leninist government of 1939–1945 was at last overthrown.',
    ],
    ['a short sentence', 'It was built in 1624.'],
    ['a heading', 'The history of the old city after the great fire in 1624 under kings'],
  ])('does not ask about %s', (_, sentence) => {
    expect(one(sentence)).toEqual([]);
  });

  it('asks once a passage, as many as wanted, the same for a seed', () => {
    const sentence = (year: number) => `The old city was rebuilt after the great fire in ${year} under another name.`;
    const passages = Array.from({ length: 20 }, (_, index) =>
      passage(`d${index}`, sentence(1600 + index), sentence(1700)),
    );
    const some = synthesiseQuestions(passages, { count: 5, seed: 2 });
    expect(new Set(some.flatMap(({ documentIds }) => documentIds)).size).toBe(5);
    expect(synthesiseQuestions(passages, { count: 5, seed: 2 })).toEqual(some);
    expect(synthesiseQuestions(passages, { count: 99 })).toHaveLength(20);
  });
});
