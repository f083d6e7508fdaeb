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

  it('says in every field that nobody asked', () => {
    expect(one('The Eiffel Tower was designed by Stephen Sauvestre in Paris.')).toEqual([
      {
        id: 'synthetic-00001',
        question: 'By whom was the Eiffel Tower designed?',
        answers: ['Stephen Sauvestre'],
        answerable: true,
        documentIds: ['d'],
        kind: 'synthetic-who',
        synthetic: true,
        madeFrom: {
          documentId: 'd',
          sentence: 'The Eiffel Tower was designed by Stephen Sauvestre in Paris.',
          method: 'who',
        },
      },
    ]);
  });

  it.each([
    [
      'The Tower Bridge was opened in 1894 by the Prince of Wales.',
      'When was the Tower Bridge opened by the Prince of Wales?',
      '1894',
    ],
    [
      'Bartolomeo Cristofori invented the first piano with hammers.',
      'Who invented the first piano with hammers?',
      'Bartolomeo Cristofori',
    ],
    ['Oslo is the capital and largest city of Norway.', 'What is the capital and largest city of Norway?', 'Oslo'],
    [
      'George Washington was the first president of the United States.',
      'Who was the first president of the United States?',
      'George Washington',
    ],
    ['The Nile is about 6,853 km long in all.', 'How long is the Nile?', '6,853 km'],
    ['Springfield had a population of 12,345 at the census.', 'What was the population of Springfield?', '12,345'],
    [
      'Handel moved to London with the whole court in 1712.',
      'Handel moved to London with the whole court in what year?',
      '1712',
    ],
    [
      'Stanford University employs some 2,240 people on the campus.',
      'Stanford University employs some how many people on the campus?',
      '2,240',
    ],
    [
      'In that year the piano was shown by the Italian maker Bartolomeo Cristofori in Florence.',
      'What belongs in the gap? In that year the piano was shown by the Italian maker ____ in Florence.',
      'Bartolomeo Cristofori',
    ],
    [
      'It was rebuilt after the great fire in 1624.',
      'What belongs in the gap? It was rebuilt after the great fire in ____.',
      '1624',
    ],
  ])('%s', (sentence, question, answer) => {
    expect(one(sentence)).toMatchObject([{ question, answers: [answer] }]);
  });

  it('prefers questions to gaps, and leaves gaps out where they are not wanted', () => {
    const [gap, asked] = [
      'It was rebuilt after the great fire in 1624.',
      'Oslo is the capital and largest city of Norway.',
    ];
    for (let seed = 0; seed < 5; seed++)
      expect(synthesiseQuestions([passage('d', gap!, asked!)], { count: 9, seed })[0]?.kind).toBe('synthetic-what');
    expect(synthesiseQuestions([passage('d', gap!)], { count: 9, cloze: false })).toEqual([]);
  });

  it.each([
    ['a sentence without any', 'The harp is old and nobody knows who invented the first one.'],
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

  it('asks once a passage and never the same, as many as wanted, the same for a seed', () => {
    const sentence = (town: string) => `It was then rebuilt like ${town} after the great fire in 1624.`;
    const passages = Array.from({ length: 20 }, (_, index) =>
      passage(`d${index}`, sentence(`town ${'abcdefghijklmnopqrst'[index]}`), sentence('others')),
    );
    const some = synthesiseQuestions(passages, { count: 5, seed: 2 });
    expect(new Set(some.flatMap(({ documentIds }) => documentIds)).size).toBe(5);
    expect(synthesiseQuestions(passages, { count: 5, seed: 2 })).toEqual(some);
    const all = synthesiseQuestions(passages, { count: 99 });
    expect(all).toHaveLength(20);
    expect(new Set(all.map(({ question }) => question)).size).toBe(20);
  });
});
