import { describe, expect, it } from 'vitest';
import { readingsOf } from '../../src/reward/readings.js';

/** Hits as lines: a title, and what its passage says. */
const hits = (...lines: (readonly [title: string, text?: string])[]) =>
  lines.map(([title, text = ''], index) => ({ title, text, documentId: `d${index}` }));
const asked = (query: string, ...lines: (readonly [string, string?])[]) =>
  readingsOf(query, hits(...lines)).map((reading) => reading.query);

describe('readingsOf', () => {
  const revolutions = [['French Revolution'], ['Russian Revolution'], ['Piano']] as const;

  it.each<[string, string, readonly (readonly [string, string?])[], string[]]>([
    [
      'titles that share what the query names',
      'When did the revolution begin?',
      revolutions,
      ['When did the French Revolution begin?', 'When did the Russian Revolution begin?'],
    ],
    ['a query that tells them apart', 'When did the French Revolution begin?', revolutions, []],
    ['a query that names neither', 'Who invented the piano?', revolutions, []],
    ['one title only', 'When did the revolution begin?', [['French Revolution'], ['Piano']], []],
    ['the same title twice', 'When did the revolution begin?', [['French Revolution'], ['French Revolution']], []],
    [
      'names with a qualifier',
      'What is the density of Mercury?',
      [['Mercury (planet)'], ['Mercury (element)']],
      ['What is the density of Mercury (planet)?', 'What is the density of Mercury (element)?'],
    ],
    [
      'the rest of the query speaks for one',
      'How far is Mercury from the sun?',
      [
        ['Mercury (planet)', 'It circles the sun.'],
        ['Mercury (element)', 'It is a metal.'],
      ],
      [],
    ],
    ['a title that is what was asked', 'How far is Mercury?', [['Mercury'], ['Mercury (element)']], []],
    [
      'people of one name',
      'When was Washington born?',
      [['George Washington'], ['Booker T. Washington']],
      ['When was George Washington born?', 'When was Booker T. Washington born?'],
    ],
    [
      'things of something',
      'When was the battle?',
      [['Battle of Hastings'], ['Battle of Waterloo']],
      ['When was the Battle of Hastings?', 'When was the Battle of Waterloo?'],
    ],
    [
      'a shared word that is not what they are',
      'How long is a French loaf?',
      [['French Revolution'], ['French Polynesia']],
      [],
    ],
    [
      'Chinese titles',
      '革命是什么时候开始的？',
      [['法国大革命'], ['俄国革命']],
      ['法国大革命是什么时候开始的？', '俄国革命是什么时候开始的？'],
    ],
    ['a Chinese query that tells them apart', '法国大革命是什么时候开始的？', [['法国大革命'], ['俄国革命']], []],
    ['nothing found', 'When?', [], []],
  ])('%s', (_, query, lines, expected) => expect(asked(query, ...lines)).toEqual(expected));

  it('offers four at most, the best hits first', () => {
    const titles = ['A', 'B', 'C', 'D', 'E'].map((letter) => [`${letter}x Revolution`] as const);
    expect(readingsOf('When was the revolution?', hits(...titles)).map(({ label }) => label)).toEqual([
      'Ax Revolution',
      'Bx Revolution',
      'Cx Revolution',
      'Dx Revolution',
    ]);
  });

  it('asks in brackets where the title has no place in the query', () => {
    expect(
      asked("When were the revolution's bloody wars?", ['French War of Revolution'], ['Russian War of Revolution']),
    ).toEqual([
      "When were the revolution's bloody wars? (French War of Revolution)",
      "When were the revolution's bloody wars? (Russian War of Revolution)",
    ]);
  });

  it('names the documents of each reading', () => {
    const found = readingsOf('the revolution', hits(...revolutions, ['French Revolution']));
    expect(found.map(({ documentIds }) => documentIds)).toEqual([['d0', 'd3'], ['d1']]);
  });
});
