import { describe, expect, it } from 'vitest';
import {
  cutAtSection,
  documentId,
  mendLine,
  overlap,
  sectionsToText,
  titleKey,
  toSections,
  wordSequences,
} from '../../scripts/build-samples.mjs';

describe('mendLine', () => {
  it.each([
    ['Finland (; Finnish: "Suomi" ]; Swedish: "Finland" ]), is', 'Finland (Finnish: "Suomi"; Swedish: "Finland"), is'],
    ['spelled out as "pi" ().', 'spelled out as "pi".'],
    ['pronounced as "pie" ( , ).', 'pronounced as "pie".'],
    ['</dl>', ''],
    ['discouraged.[citation needed] As of 2010[update], it', 'discouraged. As of 2010, it'],
    ['the word "[t]he" and [he was] there', 'the word "[t]he" and [he was] there'],
    ['US $595 (roughly {Inflation} - Amount. equivalent to $ in 2015). Then', 'US $595. Then'],
  ])('%s', (line, mended) => {
    expect(mendLine(line)).toBe(mended);
  });
});

describe('toSections', () => {
  it('tells headings from paragraphs and leaves out what cannot be read', () => {
    const text = [
      'Quartz is a very common mineral.',
      'History.',
      'Early history.',
      'Pliny the Elder believed quartz to be water ice.',
      'The following kinds are known:',
      '// that constructor is a property of it.',
      'x = y',
      'References.',
      'A book about quartz and other minerals, 1990.',
    ].join('\n');
    const sections = toSections(text);
    expect(sections).toEqual([
      { heading: null, paragraphs: ['Quartz is a very common mineral.'] },
      { heading: 'Early history', paragraphs: ['Pliny the Elder believed quartz to be water ice.'] },
    ]);
  });
});

describe('cutAtSection', () => {
  const section = (heading: string | null, ...lengths: number[]) => ({
    heading,
    paragraphs: lengths.map((length) => Array(length).fill('word').join(' ')),
  });
  const lengths = (sections: { paragraphs: string[] }[]) =>
    sections.map(({ paragraphs }) => paragraphs.map((paragraph) => paragraph.split(' ').length));

  it('keeps whole sections', () => {
    expect(lengths(cutAtSection([section(null, 30, 30), section('A', 30), section('B', 20)], 100))).toEqual([
      [30, 30],
      [30],
    ]);
  });

  it('keeps paragraphs of a long section rather than less than half', () => {
    expect(lengths(cutAtSection([section(null, 10), section('A', 40, 40, 40), section('B', 1)], 100))).toEqual([
      [10],
      [40, 40],
    ]);
  });
});

describe('sectionsToText', () => {
  it('sets headings and paragraphs off by blank lines', () => {
    expect(
      sectionsToText([
        { heading: null, paragraphs: ['Lead.'] },
        { heading: 'History', paragraphs: ['One.', 'Two.'] },
      ]),
    ).toBe('Lead.\n\nHistory\n\nOne.\n\nTwo.');
  });
});

describe('wordSequences', () => {
  const words = 'one two three four five six seven eight nine ten eleven twelve thirteen'.split(' ');

  it('finds thirteen words in a row whatever their case and punctuation', () => {
    const held = new Set(wordSequences(words.join(' ')));
    expect(held.size).toBe(1);
    const copied = [...wordSequences(`Before: ${words.join(', ').toUpperCase()}! After.`)];
    expect(copied).toHaveLength(3);
    expect(copied.filter((sequence) => held.has(sequence))).toHaveLength(1);
  });

  it('does not take other words or another order for the same', () => {
    const held = new Set(wordSequences(words.join(' ')));
    expect([...wordSequences([...words].reverse().join(' '))].some((sequence) => held.has(sequence))).toBe(false);
    expect([...wordSequences(words.slice(1).join(' '))]).toEqual([]);
  });
});

describe('overlap', () => {
  const sentence = 'The Union of Burma became independent of Britain on the fourth of January 1948.';
  const held = { titles: new Set(['myanmar']), sequences: new Set(wordSequences(sentence)) };

  it('refuses a held title and a renamed article, and lets another pass', () => {
    expect(overlap({ title: 'Myanmar', source: 'Other words.' }, held)).toMatch(/title/);
    expect(overlap({ title: 'Burma', source: `A country. ${sentence}` }, held)).toMatch(/^shares \d+ word sequences/);
    expect(overlap({ title: 'Laos', source: 'Laos became independent of France in 1953.' }, held)).toBeNull();
  });
});

describe('names', () => {
  it('compares titles without encoding, underscores and case', () => {
    expect(titleKey('Bras%C3%ADlia')).toBe(titleKey('brasília'));
    expect(titleKey('Black_Death')).toBe(titleKey('Black Death'));
  });

  it('makes readable document ids', () => {
    expect(documentId('wikipedia', 'Albert Einstein')).toBe('wikipedia-albert-einstein');
    expect(documentId('squad', 'Bras%C3%ADlia')).toBe('squad-brasilia');
  });
});
