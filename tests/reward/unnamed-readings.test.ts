import { describe, expect, it } from 'vitest';
import { type AnsweringSource, unnamedReadings } from '../../src/reward/unnamed-readings.js';

type Line = readonly [title: string, text: string, answer: string, confidence?: number];

const THRESHOLD = 0.8;
const sources = (lines: readonly Line[]) =>
  lines.map(
    ([title, text, answer, confidence = 0.9], index): AnsweringSource => ({
      ...{ title, text, answer, confidence },
      documentId: `d${index}`,
    }),
  );
const labels = (query: string, lines: readonly Line[]) =>
  unnamedReadings(query, sources(lines), THRESHOLD).map(({ label }) => label);

const oslo: Line = ['Oslo', 'Oslo is the capital of Norway.', 'Oslo'];
const lima: Line = ['Lima', 'Lima is the capital of Peru.', 'Lima'];
const capital = 'What is the capital?';

describe('unnamedReadings', () => {
  it.each<[string, string, readonly Line[], string[]]>([
    ['several documents answer, each for itself', capital, [oslo, lima], ['Oslo', 'Lima']],
    ['the surest first', capital, [['Oslo', oslo[1], 'Oslo', 0.81], lima], ['Lima', 'Oslo']],
    [
      'a query without any telling word',
      'When did it begin?',
      [
        ['Jazz', 'Jazz began about 1900.', 'about 1900'],
        ['Korean War', 'The Korean War began in 1950.', '1950'],
      ],
      ['Jazz', 'Korean War'],
    ],
    ['written in capitals throughout', 'WHAT IS THE CAPITAL', [oslo, lima], ['Oslo', 'Lima']],
    [
      'the first word and I are no names',
      'Which capital should I see?',
      [
        ['Oslo', 'Oslo is a capital that you should see.', 'Oslo'],
        ['Lima', 'You should see Lima, the capital.', 'Lima'],
      ],
      ['Oslo', 'Lima'],
    ],
    ['a name', 'What is the capital of Norway?', [oslo, ['Bergen', 'Bergen was the capital of Norway.', 'Bergen']], []],
    [
      'a number',
      'What was the capital in 1300?',
      [
        ['Oslo', 'Oslo was the capital in 1300.', 'Oslo'],
        ['Bergen', 'Bergen was the capital in 1300.', 'Bergen'],
      ],
      [],
    ],
    ['a word of a title', 'what is the capital of lima', [oslo, lima], []],
    [
      'a word that only one of them says',
      'What is the largest capital?',
      [oslo, ['Lima', 'Lima is the largest capital.', 'Lima']],
      [],
    ],
    ['one document alone', capital, [oslo], []],
    ['one title twice', capital, [oslo, ['Oslo', 'Oslo became the capital.', 'Christiania']], []],
    [
      'two say the same',
      capital,
      [oslo, ['Norway', 'The capital of Norway is the city of Oslo.', 'the city of Oslo']],
      [],
    ],
    ['two of three say the same', capital, [oslo, lima, ['Norway', 'The capital of Norway is Oslo.', 'Oslo']], []],
    [
      'the same unit, other numbers',
      'How deep is it?',
      [
        ['Baikal', 'Baikal is 1,642 m deep.', '1,642 m'],
        ['Ness', 'Ness is 230 m deep.', '230 m'],
      ],
      ['Baikal', 'Ness'],
    ],
    [
      'a passage that is not about its title',
      capital,
      [oslo, ['Questions', 'Lima is the capital of Peru.', 'Lima']],
      [],
    ],
    [
      'no source is sure',
      capital,
      [
        ['Oslo', oslo[1], 'Oslo', 0.79],
        ['Lima', lima[1], 'Lima', 0.79],
      ],
      [],
    ],
    ['the other is half as sure as a shown answer', capital, [oslo, ['Lima', lima[1], 'Lima', 0.4]], ['Oslo', 'Lima']],
    ['the other is hardly likely', capital, [oslo, ['Lima', lima[1], 'Lima', 0.39]], []],
    ['nothing is answered', capital, [], []],
  ])('%s', (_, query, lines, expected) => {
    expect(labels(query, lines)).toEqual(expected);
  });

  it('gives at most four, each with its documents and a query that is not asked back again', () => {
    const cities = ['Oslo', 'Lima', 'Rome', 'Cairo', 'Paris'].map(
      (city): Line => [city, `${city} is a capital.`, city],
    );
    const readings = unnamedReadings(
      capital,
      sources([...cities, ['Lima', 'Lima became the capital.', 'Lima', 0.85]]),
      0.8,
    );
    expect(readings).toHaveLength(4);
    expect(readings[1]).toEqual({ label: 'Lima', query: 'What is the capital? (Lima)', documentIds: ['d1', 'd5'] });
    expect(labels(readings[1]!.query, cities)).toEqual([]);
  });
});
