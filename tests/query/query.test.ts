import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance } from '../../src/edit-distance.js';
import { readDateWords } from '../../src/query/dates.js';
import { intentOf, questionProbability } from '../../src/query/intent.js';
import { identifyLanguage } from '../../src/query/language.js';
import { readOperators, satisfies } from '../../src/query/operators.js';
import { soundAlikes, soundOf } from '../../src/query/sound-alikes.js';
import {
  likelyMeant,
  type NearWordIn,
  nearestWord,
  otherSpellings,
  respelt,
  unknownWords,
} from '../../src/query/spelling.js';
import { QUERY_STEPS, understandQuery } from '../../src/query/understand-query.js';
import { passage } from '../pipeline/fakes.js';

/** A Sunday. */
const NOW = Date.UTC(2026, 0, 4, 12);

/** Mixed scripts, emoji, right-to-left, combining marks, signs of our own. */
const anyQuery = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        '"',
        '-word',
        '-',
        '“quoted words”',
        'after:2024',
        'before:2024-13',
        '北京',
        'שלום',
        'é',
        '🙂👩‍👩‍👧',
        ' ',
        'last week',
      ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(' ').trim())
  .filter((text) => text !== '');

describe('operators', () => {
  test.each([
    ['piano "black keys" -organ', { text: 'piano black keys', phrases: ['black keys'], excluded: ['organ'] }],
    [
      '“Florence Nightingale” -"crimean war"',
      { text: 'Florence Nightingale', phrases: ['Florence Nightingale'], excluded: ['crimean war'] },
    ],
    ['well-known 3 -5 a - b', { text: 'well-known 3 -5 a - b', phrases: [], excluded: [] }],
    ['-organ', { text: '-organ', phrases: [], excluded: [] }],
    ['""', { text: '""', phrases: [], excluded: [] }],
    ['a "lonely quote', { text: 'a "lonely quote', phrases: [], excluded: [] }],
    [
      'news after:2024-05 before:2025',
      { text: 'news', phrases: [], excluded: [], dateFrom: '2024-05', dateTo: '2025' },
    ],
    [
      '"the -word and after:2024 stay" -x',
      { text: 'the -word and after:2024 stay', phrases: ['the -word and after:2024 stay'], excluded: ['x'] },
    ],
    ['「钢琴」 有 -风琴', { text: '钢琴 有', phrases: ['钢琴'], excluded: ['风琴'] }],
  ])('%s', (query, expected) => {
    expect(readOperators(query)).toEqual(expected);
  });

  test('a passage satisfies them by its words, whatever their case and punctuation', () => {
    const piano = passage('Piano', 'The Black, keys are shorter.', '钢琴有键。');
    const asked = (query: string) => satisfies(piano, readOperators(query));
    expect(asked('"black keys"')).toBe(true);
    expect(asked('"piano" keys')).toBe(true); // The title counts.
    expect(asked('"keys black"')).toBe(false);
    expect(asked('"lack keys"')).toBe(false);
    expect(asked('keys -short')).toBe(true);
    expect(asked('keys -shorter')).toBe(false);
    expect(asked('键 -钢琴')).toBe(false);
  });

  test('any query keeps some words, and a passage with all of its text satisfies its phrases', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        const { text, phrases } = readOperators(query);
        expect(text.trim()).not.toBe('');
        expect(satisfies(passage('d', query), { phrases, excluded: [] })).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test('language: by script, by sequences, and nothing where a name says nothing', () => {
  expect(identifyLanguage('who invented the first piano')).toBe('en');
  expect(identifyLanguage('wer hat das Klavier erfunden')).toBe('de');
  expect(identifyLanguage('quién inventó el piano de cola')).toBe('es');
  expect(identifyLanguage('谁发明了钢琴')).toBe('zh');
  expect(identifyLanguage('ピアノを発明したのは誰')).toBe('ja');
  expect(identifyLanguage('피아노')).toBe('ko');
  expect(identifyLanguage('Paris')).toBeNull();
  expect(identifyLanguage('12345 🙂')).toBeNull();
});

test('intent: question, keywords, a page, or something to get', () => {
  const questions = ['who invented the piano', 'Is there life on Mars?', 'how do i tune a piano', '谁发明了钢琴？'];
  const keywords = ['piano history', 'watson crick double helix', 'mount everest height', '钢琴 历史'];
  const about = [
    'Which company owns the login portal',
    'how many people sign up',
    'In which year did the first home page open',
    'The paper for sale has what weight',
    '如何下载软件',
    '在哪里购买门票？',
  ];
  const more = ['oil price 1973', 'order of the garter', 'cost of the manhattan project', 'book of kells', '购买力'];
  const wanted = [
    'buy piano strings',
    'cheap flights to oslo',
    'grand piano for sale',
    'piano shops near me',
    'book tickets for the opera',
    'moonlight sonata mp3',
    '购买钢琴',
    '钢琴优惠券',
  ];
  expect(about.map(intentOf)).toEqual(about.map(() => 'question'));
  expect(more.map(intentOf)).toEqual(more.map(() => 'keyword'));
  expect(wanted.map(intentOf)).toEqual(wanted.map(() => 'transactional'));
  const pages = ['example.com', 'https://example.org/x', 'acme login', 'acme official site', 'python download'];
  expect(questions.map(intentOf)).toEqual(questions.map(() => 'question'));
  expect(keywords.map(intentOf)).toEqual(keywords.map(() => 'keyword'));
  expect(pages.map(intentOf)).toEqual(pages.map(() => 'navigational'));
  const whole = questionProbability('What is the capital of France');
  expect(whole).toBeGreaterThan(questionProbability('capital france what'));
});

test('date words: the days they mean, and no guess about years', () => {
  const day = (text: string) => readDateWords(text, NOW);
  expect(day('today')).toEqual({ prefersNewer: true, dateFrom: '2026-01-04', dateTo: '2026-01-04' });
  expect(day('what happened yesterday')).toMatchObject({ dateFrom: '2026-01-03', dateTo: '2026-01-03' });
  expect(day('this week')).toMatchObject({ dateFrom: '2025-12-29', dateTo: '2026-01-04' });
  expect(day('Last week')).toMatchObject({ dateFrom: '2025-12-22', dateTo: '2025-12-28' });
  expect(day('releases last month')).toMatchObject({ dateFrom: '2025-12-01', dateTo: '2025-12-31' });
  expect(day('this year')).toMatchObject({ dateFrom: '2026-01-01' });
  expect(day('最新消息')).toEqual({ prefersNewer: true });
  expect(day('latest release')).toEqual({ prefersNewer: true });
  expect(day('who won the war in 1945')).toEqual({ prefersNewer: false });
});

describe('spelling', () => {
  test('distance: insertions, deletions, substitutions, exchanges', () => {
    expect(editDistance('piano', 'piano', 2)).toBe(0);
    expect(editDistance('paino', 'piano', 2)).toBe(1);
    expect(editDistance('pino', 'piano', 2)).toBe(1);
    expect(editDistance('pianno', 'piano', 2)).toBe(1);
    expect(editDistance('kitten', 'sitting', 2)).toBe(3);
    expect(editDistance('kitten', 'sitting', 3)).toBe(3);
    expect(editDistance('🙂a', '🙂b', 1)).toBe(1);
  });

  test('it is symmetric, and no more than the longer word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b, 10);
        expect(distance).toBe(editDistance(b, a, 10));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance === 0).toBe(a === b);
      }),
    );
  });

  test.each([
    ['foto', 'photo'],
    ['nife', 'knife'],
    ['rithm', 'rhythm'],
    ['sychology', 'psychology'],
    ['skool', 'school'],
    ['kween', 'queen'],
    ['riting', 'writing'],
    ['jeneral', 'general'],
    ['kafé', 'cafe'],
    ['nite', 'night'],
    ['fosil', 'fossil'],
  ])('%s sounds like %s', (slip, word) => {
    expect(soundOf(slip)).toBe(soundOf(word));
  });

  test.each([
    ['foot', 'photo'],
    ['ring', 'wrong'],
    ['cats', 'cuts'],
    ['piano', 'pianos'],
    ['general', 'mineral'],
  ])('%s does not sound like %s', (one, other) => {
    expect(soundOf(one)).not.toBe(soundOf(other));
  });

  test('other spellings: of the beginning first, a dozen at most, and none of the word itself', () => {
    expect(soundAlikes('foto')).toEqual(['photo']);
    expect(soundAlikes('kemistry')).toContain('chemistry');
    expect(soundAlikes('telefone')).toContain('telephone');
    expect(soundAlikes('kakakakakakakakakakaka')).toHaveLength(12);
    expect(otherSpellings('hpoto')).toContain('photo');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (word) => {
        expect(soundAlikes(word)).not.toContain(word);
        expect(soundOf(word).length).toBeLessThanOrEqual(2 * word.normalize('NFD').length);
      }),
    );
  });

  test('what sounds the same goes before what is one edit away', () => {
    const passages = [passage('a', 'A foot and a foot.', 'Two feet.'), passage('b', 'A photo of a foot.')];
    expect(nearestWord('foto', passages)).toEqual({ word: 'photo', edits: 0.5, count: 1 });
    expect(nearestWord('kemistry', [passage('a', 'The chemistry of it.')])?.word).toBe('chemistry');
    expect(nearestWord('foto', [passages[0] as (typeof passages)[0]])?.word).toBe('foot');
  });

  test('unknown are the words that no passage has, but for endings; the nearest one is the most frequent', () => {
    const passages = [
      passage('a', 'The piano was invented.'),
      passage('b', 'Pianos and a piazza.'),
      passage('c', 'A piazza.'),
    ];
    expect(unknownWords('Who invnted the paino in 1700 北京 zzz', passages)).toEqual(['invnted', 'paino']);
    expect(unknownWords('inventing pianos', passages)).toEqual([]);
    const isWord = (word: string) => word === 'trumpet';
    expect(unknownWords('paino and trumpet and trumpets', passages, isWord)).toEqual(['paino']);
    expect(nearestWord('paino', passages)?.word).toBe('piano');
    expect(nearestWord('piazzo', passages)).toEqual({ word: 'piazza', edits: 1, count: 2 });
    expect(nearestWord('trumpet', passages)).toBeNull();
    expect(respelt('Paino, paino? PAINO', new Map([['paino', 'piano']]))).toBe('Piano, piano? Piano');
  });

  describe('likely meant', () => {
    const fillers = Array.from({ length: 10 }, (_, at) => passage(`f${at}`, 'What else is near.'));
    const one = [passage('a', 'A plan, or what was invented.'), ...fillers];
    const two = [passage('b', 'A plan.'), ...one];
    const near = (word: string, edits: number, passages: typeof one): NearWordIn => ({
      word,
      edits,
      count: passages.filter(({ text }) => text.includes(word)).length,
      passages,
    });
    const meant = (query: string, found: Record<string, NearWordIn | null>, isWord?: (word: string) => boolean) =>
      Object.fromEntries(likelyMeant(query, new Map(Object.entries(found)), isWord));

    test.each<[string, string, Record<string, NearWordIn | null>, boolean]>([
      ['a name inside of a query', 'where is Ulan', { ulan: near('plan', 1, two) }, false],
      ['a name that begins it', 'Ulan Bator', { ulan: near('plan', 1, two) }, false],
      ['a capital at the beginning alone', 'Ulan is what', { ulan: near('plan', 1, two) }, true],
      ['another word of the query beside it', 'who invented Ulan', { ulan: near('plan', 1, one) }, true],
      ['only words beside it that are everywhere', 'what was Ulan', { ulan: near('plan', 1, one) }, false],
      ['found in one passage', 'some ulan', { ulan: near('plan', 1, one) }, false],
      ['found in the only passage there is', 'some ulan', { ulan: near('plan', 1, one.slice(0, 1)) }, true],
      ['two edits', 'some ulans', { ulans: near('plan', 2, two) }, false],
      ['two edits, another word beside it', 'ulans invented', { ulans: near('plan', 2, two) }, true],
      ['not the only unknown word', 'ulan bator', { ulan: near('plan', 1, two), bator: null }, false],
      ['nothing near', 'some ulan', { ulan: null }, false],
    ])('%s', (_, query, found, isMeant) => {
      expect(Object.values(meant(query, found))).toEqual(isMeant ? ['plan'] : []);
    });

    test('in one passage, but in the list of words', () => {
      expect(meant('some ulan', { ulan: near('plan', 1, one) }, (word) => word === 'plan')).toEqual({ ulan: 'plan' });
    });

    test('two slips support each other when one passage has both words', () => {
      const both = [passage('a', 'The piano was invented.'), ...fillers];
      const found = { invnted: near('invented', 1, both), paino: near('piano', 1, both) };
      expect(meant('who invnted the paino', found)).toEqual({ invnted: 'invented', paino: 'piano' });
    });
  });
});

describe('all steps together', () => {
  const all = new Set(QUERY_STEPS);

  test('a step that is off says nothing and changes nothing', () => {
    const query = 'latest "piano keys" -organ from the workshop';
    expect(understandQuery(query, all, NOW)).toEqual({
      text: 'latest piano keys from the workshop',
      phrases: ['piano keys'],
      excluded: ['organ'],
      language: 'en',
      intent: 'keyword',
      prefersNewer: true,
    });
    expect(understandQuery(query, new Set(), NOW)).toEqual({
      text: query,
      phrases: [],
      excluded: [],
      prefersNewer: false,
    });
  });

  test('any query is understood without an error', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        expect(understandQuery(query, all, NOW).text).not.toBe('');
      }),
      { numRuns: 200 },
    );
  });
});
