import { describe, expect, it } from 'vitest';
import {
  adversarialSet,
  articleFraction,
  articlesOfSplit,
  naturalSet,
  readableTitle,
  type SquadArticle,
  seededSample,
  toDocumentsAndQuestions,
  wikipediaUrl,
  withOtherAnswers,
} from '../../benchmarks/squad-sets.mjs';

const passage = (context: string, ...qas: [id: string, question: string, ...answers: string[]][]) => ({
  context,
  qas: qas.map(([id, question, ...answers]) => ({
    id,
    question,
    answers: answers.map((text) => ({ text })),
    is_impossible: answers.length === 0,
  })),
});

const articles: SquadArticle[] = [
  {
    title: 'Rhine',
    paragraphs: [
      passage(
        'The Rhine is 1,230 km long.',
        ['q1', 'How long is the Rhine?', '1,230 km', '1,230 km'],
        ['q2', 'How wide is the Rhine?'],
      ),
      passage('It rises in the Alps.', ['q3', 'Where does it rise?', 'the Alps', 'Alps']),
      passage('It ends in the North Sea.', ['q4', 'Where does it end?', 'the North Sea']),
      passage('Cologne lies on it.', ['q5', 'Which city lies on it?', 'Cologne']),
      passage('Nobody asks about this one.'),
    ],
  },
];
const gold = toDocumentsAndQuestions(articles, 'squad-dev');
const distractors = toDocumentsAndQuestions(
  [{ title: 'Zinc', paragraphs: [passage('Zinc is a metal.'), passage('It rises in the Alps.')] }],
  'squad-train',
).documents;

describe('toDocumentsAndQuestions', () => {
  it('makes one document a passage and one line a question', () => {
    expect(gold.documents).toHaveLength(5);
    expect(gold.documents[0]).toEqual({
      id: 'squad-dev-Rhine-0',
      url: 'https://en.wikipedia.org/wiki/Rhine',
      title: 'Rhine',
      text: 'The Rhine is 1,230 km long.',
      language: 'en',
      metadata: { source: 'squad-dev', licence: 'CC-BY-SA-4.0' },
    });
    expect(gold.questions[0]).toEqual({
      id: 'q1',
      question: 'How long is the Rhine?',
      answers: ['1,230 km'],
      answerable: true,
      documentId: 'squad-dev-Rhine-0',
    });
    expect(gold.questions[1]).toMatchObject({ id: 'q2', answers: [], answerable: false });
  });

  it('merges a passage that occurs twice', () => {
    const repeated = [
      { title: 'A', paragraphs: [passage('Same.', ['a', 'What?', 'Same']), passage('Same.', ['b', 'Why?', 'Same'])] },
    ];
    const { documents, questions } = toDocumentsAndQuestions(repeated, 'p');
    expect(documents.map(({ id }) => id)).toEqual(['p-A-0']);
    expect(questions.map(({ documentId }) => documentId)).toEqual(['p-A-0', 'p-A-0']);
  });

  it('tidies repeated and empty questions only when asked to', () => {
    const untidy = [
      {
        title: 'A',
        paragraphs: [passage('X is Y.', ['a', 'What is X?', 'Y'], ['b', 'what is X?', 'is Y'], ['c', 'k?', 'X'])],
      },
    ];
    expect(toDocumentsAndQuestions(untidy, 'p').questions).toHaveLength(3);
    const { questions } = toDocumentsAndQuestions(untidy, 'p', { tidyQuestions: true });
    expect(questions).toMatchObject([{ id: 'a', answers: ['Y', 'is Y'] }]);
  });
});

describe('naturalSet', () => {
  const natural = naturalSet(gold, distractors, { seed: 3 });

  it('takes a quarter of the gold passages out of the corpus, and only those', () => {
    expect(natural.removedPassages).toBe(1); // of 4 with an answerable question
    const ids = new Set(natural.corpus.map(({ id }) => id));
    const missing = gold.documents.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
    expect(missing).toHaveLength(1);
    expect(ids).toContain('squad-dev-Rhine-4');
  });

  it('asks every answerable question; those of a removed passage keep their answers and lose their document', () => {
    expect(natural.questions.map(({ id }) => id)).toEqual(['q1', 'q3', 'q4', 'q5']);
    const ids = new Set(natural.corpus.map(({ id }) => id));
    for (const line of natural.questions) {
      expect(line.answers.length).toBeGreaterThan(0);
      expect(line.kind).toBe(line.answerable ? 'answerable' : 'passage-removed');
      expect(line.documentIds === undefined).toBe(!line.answerable);
      for (const id of line.documentIds ?? []) expect(ids).toContain(id);
    }
    expect(natural.questions.filter(({ answerable }) => !answerable)).toHaveLength(1);
  });

  it('never brings a passage back as a distractor', () => {
    const everything = naturalSet(gold, distractors, { removedShare: 1 });
    expect(everything.corpus.map(({ text }) => text)).toEqual(['Nobody asks about this one.', 'Zinc is a metal.']);
  });

  it('gives the same set for the same seed and others for other seeds', () => {
    expect(naturalSet(gold, distractors, { seed: 3 })).toEqual(natural);
    const removed = (seed: number) =>
      naturalSet(gold, distractors, { seed }).questions.find(({ answerable }) => !answerable)?.id;
    expect(new Set(Array.from({ length: 20 }, (_, seed) => removed(seed))).size).toBeGreaterThan(1);
  });
});

describe('adversarialSet', () => {
  it('asks everything and removes nothing', () => {
    const { corpus, questions } = adversarialSet(gold, distractors);
    expect(corpus.map(({ id }) => id)).toEqual([...gold.documents.map(({ id }) => id), 'squad-train-Zinc-0']);
    expect(questions).toHaveLength(5);
    expect(questions[1]).toEqual({
      id: 'q2',
      question: 'How wide is the Rhine?',
      answers: [],
      answerable: false,
      language: 'en',
      kind: 'adversarial',
    });
  });
});

describe('seededSample', () => {
  const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id }));

  it('does not depend on the order of the items, and grows by adding', () => {
    const three = seededSample(items, 3, 1);
    expect(seededSample([...items].reverse(), 3, 1).reverse()).toEqual(three);
    expect(seededSample(items, 4, 1)).toEqual(expect.arrayContaining(three));
    expect(seededSample(items, 100, 1)).toEqual(items);
  });
});

describe('splits of the train file', () => {
  // The training code computes the same fractions: these values are the contract between the two.
  it.each([
    ['Hydrogen', 'samples'],
    ['Bras%C3%ADlia', 'samples'],
    ['Boston', 'calibration'],
    ['New_York_City', 'dev'],
    ['2008_Sichuan_earthquake', 'train'],
  ] as const)('puts %s into %s', (title, split) => {
    expect(articlesOfSplit([{ title }], split)).toEqual([{ title }]);
  });

  it('is a fraction', () => {
    expect(articleFraction('Hydrogen')).toBeGreaterThanOrEqual(0);
    expect(articleFraction('Hydrogen')).toBeLessThan(0.05);
  });
});

describe('titles', () => {
  it('are readable, and addresses lead to the article', () => {
    expect(readableTitle('Bras%C3%ADlia')).toBe('Brasília');
    expect(readableTitle('100%_cotton')).toBe('100% cotton');
    expect(wikipediaUrl('Ann_Arbor,_Michigan')).toBe('https://en.wikipedia.org/wiki/Ann_Arbor,_Michigan');
    expect(wikipediaUrl('Bras%C3%ADlia')).toBe('https://en.wikipedia.org/wiki/Bras%C3%ADlia');
  });
});

describe('answers of other annotators', () => {
  const question = {
    ...{ id: 'q', question: 'Who?', answers: ['a'], answerable: true, language: 'en' },
    kind: 'answerable' as const,
  };
  const set = { corpus: [], questions: [question, { ...question, id: 'unread' }], removedPassages: 0 };

  it('stand beside the first, each once, and only questions that have some are asked', () => {
    const labels = [
      { id: 'q', answers: ['b', 'a'] },
      { id: 'gone', answers: ['c'] },
    ];
    expect(withOtherAnswers(set, labels).questions).toEqual([{ ...question, answers: ['a', 'b'] }]);
  });

  it('change nothing where nobody has read', () => {
    expect(withOtherAnswers(set, [])).toEqual(set);
  });
});
