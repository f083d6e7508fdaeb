import { describe, expect, it } from 'vitest';
import type { CheckInput } from '../../src/safety/answer-check.js';
import { ANSWER_CHECKS, checkAnswer } from '../../src/safety/check-answer.js';
import { personalDataIn } from '../../src/safety/checks/no-personal-data.js';

const QUOTE = 'Bartolomeo Cristofori built it in Florence on 4 July 1700; it weighs 1,500 kg.';

/** An answer without fault, with what a case changes. The source says what the quote says unless told otherwise. */
function input(text: string, quote = QUOTE, changes: Partial<CheckInput> = {}): CheckInput {
  return {
    access: { tenant: 'ours', groups: ['staff'] },
    text,
    citation: { passageId: 'd#0', documentId: 'd', url: '', quote, start: 10, end: 10 + quote.length },
    source: { tenant: 'ours', acl: [], excerpt: quote, personalData: 'withhold' },
    promptTexts: ['Answer from the passages alone, and say unanswerable where they do not tell.'],
    ...changes,
  };
}

const faults = (given: CheckInput) =>
  checkAnswer(given)
    .filter(({ fault }) => fault !== null)
    .map(({ check }) => check);
const source = (more: object) => ({
  source: { tenant: 'ours', acl: [], excerpt: QUOTE, personalData: 'withhold' as const, ...more },
});

describe('checkAnswer', () => {
  it.each<[string, CheckInput, string[]]>([
    ['what the quote says', input('Bartolomeo Cristofori'), []],
    ['a sentence of its own', input('It was built by Cristofori in July 1700.'), []],
    ['a date in another notation', input('July 4, 1700'), []],
    ['a date, less exactly', input('in 1700'), []],
    ['a number in another notation', input('1500 kg'), []],
    ['a number without its unit', input('1500'), []],
    ['small words', input('the builder'), []],
    ['Chinese', input('德国', '他出生于德国。'), []],

    ['another year', input('1701'), ['values-in-quote']],
    ['another day', input('5 July 1700'), ['values-in-quote']],
    ['a day that the quote does not give', input('4 July 1700', 'It was built in July 1700.'), ['values-in-quote']],
    ['another unit', input('1,500 g'), ['values-in-quote']],
    ['a unit that the quote does not give', input('88 kg', 'It has 88 keys.'), ['values-in-quote']],
    ['a number that is part of another', input('150'), ['values-in-quote']],
    ['another name', input('Ctesibius'), ['names-in-quote']],
    ['half of a name', input('Cristo'), ['names-in-quote']],
    ['another Chinese name', input('法国', '他出生于德国。'), ['names-in-quote']],

    ['the document is gone', input('Florence', QUOTE, { source: null }), ['quote-stands-there-now']],
    [
      'the document has changed',
      input('Florence', QUOTE, source({ excerpt: 'Something else.' })),
      ['quote-stands-there-now'],
    ],
    ['no quote', input('it', '', source({ excerpt: '' })), ['quote-stands-there-now']],
    ['another tenant', input('Florence', QUOTE, source({ tenant: 'theirs' })), ['own-source']],
    ['another group', input('Florence', QUOTE, source({ acl: ['board'] })), ['own-source']],
    ['one of our groups', input('Florence', QUOTE, source({ acl: ['board', 'staff'] })), []],

    ['a token of the prompt', input('Florence<|im_end|>'), ['no-prompt-leak']],
    [
      'a mark of this prompt',
      input('built in Florence :: end', QUOTE, { promptTexts: [':: end'] }),
      ['no-prompt-leak'],
    ],
    ['a mark that the source has, too', input('It: Florence', `It: ${QUOTE}`, { promptTexts: ['It:'] }), []],
    ['an ordinary word of this prompt', input('Florence', QUOTE, { promptTexts: ['Florence'] }), []],
    ['words of the prompt', input('from the passages alone, and say it'), ['no-prompt-leak']],
    [
      'words that the source shares with the prompt',
      input('from the passages alone, and say', 'Read from the passages alone, and say so.'),
      [],
    ],

    ['an e-mail address', input('write to x@example.org', 'Please write to x@example.org now.'), ['no-personal-data']],
    ['one beside the answer', input('now', 'Please write to x@example.org now.'), ['no-personal-data']],
    [
      'one that its document shows',
      input('x@example.org', 'x@example.org', source({ excerpt: 'x@example.org', personalData: 'show' })),
      [],
    ],
  ])('%s', (_, given, expected) => expect(faults(given)).toEqual(expected));

  it('reports every check, in order', () => {
    expect(checkAnswer(input('Florence'))).toEqual(ANSWER_CHECKS.map(({ name }) => ({ check: name, fault: null })));
  });
});

describe('personalDataIn', () => {
  it.each([
    ['Call +44 20 7946 0958', 'a telephone number'],
    ['Call (212) 555-0187', 'a telephone number'],
    ['手机 13800138000', 'a telephone number'],
    ['4111 1111 1111 1111', 'a card number'],
    ['4111 1111 1111 1112', null],
    ['DE89 3704 0044 0532 0130 00', 'an IBAN'],
    ['DE89 3704 0044 0532 0130 01', null],
    ['078-05-1120', 'a social security number'],
    ['11010519491231002X', 'an identity number'],
    ['110105194912310021', null],
    ['The population was 1,234,567,890 in 2010.', null],
    ['Between 1914-1918 and 1939-1945', null],
    ['ISBN 978-3-16-148410-0', null],
    ['3.14159265358979323846', null],
    ['The Nile is 6,853 km long.', null],
  ])('%s: %s', (text, kind) => expect(personalDataIn(text)).toBe(kind));
});
