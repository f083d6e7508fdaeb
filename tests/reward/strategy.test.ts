import { describe, expect, it } from 'vitest';
import type { Claim } from '../../src/reward/claims.js';
import type { Reading } from '../../src/reward/readings.js';
import { selectAnswer } from '../../src/reward/select-answer.js';
import {
  asksForThePresent,
  chooseStrategy,
  STRATEGY_OF,
  type Strategy,
  type StrategyInput,
} from '../../src/reward/strategy.js';
import { disagreementText, languageOfQuery, messageOf } from '../../src/reward/strategy-texts.js';
import { ANSWER_REASONS, ANSWER_STRATEGIES } from '../../src/types.js';
import { candidate } from './candidates.js';

const nan = Number.NaN;

describe('selectAnswer', () => {
  const chosen = (candidates: Parameters<typeof selectAnswer>[0]) => selectAnswer(candidates)?.text ?? null;

  it.each([
    ['the highest reward of a passage', [candidate('a', 'p', 1), candidate('b', 'p', 2)], 'b'],
    [
      'of nearly equal rewards the one that the reader would have marked',
      [candidate('a', 'p', 1, { readerAgreement: 0.9 }), candidate('b', 'p', 1.3, { readerAgreement: 0.1 })],
      'a',
    ],
    [
      'a clearly higher reward whatever the reader says',
      [candidate('a', 'p', 1, { readerAgreement: 0.9 }), candidate('b', 'p', 1.6, { readerAgreement: 0.1 })],
      'b',
    ],
    ['a passage whose decline is better gives none', [candidate('a', 'p', 1), candidate('-', 'p', 2)], null],
    ['no reward, no answer', [candidate('a', 'p', nan), candidate('b', 'p', -9)], 'b'],
    ['an infinite reward is none', [candidate('a', 'p', Number.POSITIVE_INFINITY), candidate('b', 'p', -9)], 'b'],
    ['no text, no answer', [candidate(' ', 'p', 3), candidate('b', 'p', -9)], 'b'],
    ['no usable candidate', [candidate('a', 'p', nan)], null],
    ['no candidate', [], null],
    ['an answer before a decline of equal reward', [candidate('-', 'p', 1), candidate('a', 'p', 1)], 'a'],
    ['the likelier of equal ones', [candidate('a', 'p', 1, { meanTokenLogprob: -2 }), candidate('b', 'p', 1)], 'b'],
  ])('%s, in whatever order they became ready', (_, candidates, text) => {
    expect(chosen(candidates)).toBe(text);
    expect(chosen(candidates.toReversed())).toBe(text);
  });

  it.each([
    ['the best passage has the word', [candidate('a', 'p', 1), candidate('b', 'q', 1.9)], 'a'],
    ['unless another is far better', [candidate('a', 'p', 1), candidate('b', 'q', 2.1)], 'b'],
    ['the others compete by reward', [candidate('-', 'p', 1), candidate('a', 'q', 1), candidate('b', 'r', 2)], 'b'],
    [
      'equal ones are decided by passage',
      [candidate('-', 'p', 1), candidate('a', 'r', 1), candidate('b', 'q', 1)],
      'b',
    ],
    ['a decline speaks for its own passage', [candidate('a', 'p', 1), candidate('-', 'q', 9)], 'a'],
    ['every passage declined', [candidate('a', 'p', 1), candidate('-', 'p', 2), candidate('-', 'q', 0)], null],
  ])('%s', (_, candidates, text) => {
    expect(chosen(candidates)).toBe(text);
  });
});

/** What one passage says, as a line. */
const claim = (text: string, documentId: string, confidence: number, date?: string): Claim => ({
  candidate: candidate(text, `${documentId}#0`, 1),
  source: { id: `${documentId}#0`, documentId, title: documentId, ...(date !== undefined && { date }) },
  confidence,
});
const reading = (label: string, ...documentIds: string[]): Reading => ({ label, query: `${label}?`, documentIds });

describe('chooseStrategy', () => {
  const answer = (confidence: number, text = '1912', documentId = 'a') => ({
    ...candidate(text, `${documentId}#0`, 1),
    confidence,
  });
  const decline = { ...candidate('-', 'q#0', 2), confidence: 0 };
  const revolutions = [reading('French Revolution', 'a'), reading('Russian Revolution', 'b')];
  const base: StrategyInput = { verdict: 'allow', candidates: [answer(0.9)], minConfidence: 0.8 };

  it.each<[string, Partial<StrategyInput>, string]>([
    // what is known, what is done: action, or the reason of an abstention
    ['sure', {}, 'answer 1912'],
    ['sure, beside a decline', { candidates: [answer(0.9), decline] }, 'answer 1912'],
    ['just sure enough', { candidates: [answer(0.8)] }, 'answer 1912'],
    ['certain, and nothing less will do', { candidates: [answer(1)], minConfidence: 1 }, 'answer 1912'],
    ['not sure', { candidates: [answer(0.79)] }, 'low-confidence'],
    ['not a number', { candidates: [answer(nan)], minConfidence: 0 }, 'low-confidence'],
    ['above 1', { candidates: [answer(1.1)] }, 'low-confidence'],
    ['below 0', { candidates: [answer(-0.1)], minConfidence: 0 }, 'low-confidence'],
    ['declined', { candidates: [decline], minConfidence: 0 }, 'declined'],
    ['all candidates empty', { candidates: [{ ...answer(0.9), text: ' ' }], minConfidence: 0 }, 'declined'],
    ['nothing to read', { candidates: [], minConfidence: 0 }, 'no-evidence'],
    ['no calibrator', { minConfidence: null }, 'generator-unavailable'],
    ['a broken promise', { minConfidence: 'off' }, 'promise-broken'],
    ['unsafe', { verdict: 'hits-only' }, 'unsafe-query'],
    [
      'unsafe before anything else',
      { verdict: 'hits-only', candidates: [], queryKind: 'navigational' },
      'unsafe-query',
    ],
    ['a page is looked for', { queryKind: 'navigational' }, 'not-a-question'],
    ['something is to be bought', { queryKind: 'transactional' }, 'not-a-question'],
    ['a few words', { queryKind: 'keyword' }, 'answer 1912'],

    ['two sources, one claim', { claims: [claim('1912', 'a', 0.9), claim('in 1912', 'b', 0.9)] }, 'answer 1912'],
    ['two sources disagree', { claims: [claim('1912', 'a', 0.9), claim('1913', 'b', 0.9)] }, 'hedge 1912, 1913'],
    [
      'together too little, each alone enough',
      { candidates: [answer(0.5)], claims: [claim('1912', 'a', 0.9), claim('1913', 'b', 0.9)] },
      'hedge 1912, 1913',
    ],
    ['the other is not sure', { claims: [claim('1912', 'a', 0.9), claim('1913', 'b', 0.7)] }, 'answer 1912'],
    [
      'neither is sure',
      { candidates: [answer(0.5)], claims: [claim('1912', 'a', 0.7), claim('1913', 'b', 0.9)] },
      'low-confidence',
    ],
    ['the same document', { claims: [claim('1912', 'a', 0.9), { ...claim('1913', 'a', 0.9) }] }, 'answer 1912'],
    [
      'other names are no contradiction',
      { claims: [claim('1912', 'a', 0.9), claim('Smith', 'b', 0.9)] },
      'answer 1912',
    ],
    [
      'at most three claims',
      { claims: [claim('1912', 'a', 0.9), claim('1913', 'b', 0.9), claim('1914', 'c', 0.9), claim('1915', 'd', 0.9)] },
      'hedge 1912, 1913, 1914',
    ],
    [
      'the newest wins',
      { claims: [claim('1912', 'a', 0.9, '2019-01-01'), claim('1913', 'b', 0.85, '2020')] },
      'answer 1913 as of 2020',
    ],
    [
      'the newest is the best',
      { claims: [claim('1912', 'a', 0.9, '2021'), claim('1913', 'b', 0.85, '2020-05-05')] },
      'answer 1912 as of 2021',
    ],
    ['of one day', { claims: [claim('1912', 'a', 0.9, '2020'), claim('1913', 'b', 0.9, '2020')] }, 'hedge 1912, 1913'],
    ['one has no date', { claims: [claim('1912', 'a', 0.9, '2020'), claim('1913', 'b', 0.9)] }, 'hedge 1912, 1913'],
    ['how things are now', { present: true, claims: [claim('1912', 'a', 0.9, '2020')] }, 'answer 1912 as of 2020'],
    ['how things are now, undated', { present: true, claims: [claim('1912', 'a', 0.9)] }, 'answer 1912'],
    ['how things were', { claims: [claim('1912', 'a', 0.9, '2020')] }, 'answer 1912'],

    [
      'several readings, and each is answered',
      { readings: revolutions, claims: [claim('1912', 'a', 0.9), claim('1913', 'b', 0.2)] },
      'ambiguous-query: French Revolution, Russian Revolution',
    ],
    [
      'several readings, none surely answered',
      { candidates: [answer(0.3)], readings: revolutions, claims: [claim('1912', 'a', 0.3)] },
      'ambiguous-query: French Revolution, Russian Revolution',
    ],
    ['one reading is answered, surely', { readings: revolutions, claims: [claim('1912', 'a', 0.9)] }, 'answer 1912'],
    ['an answer from elsewhere', { readings: revolutions, claims: [claim('1912', 'x', 0.9)] }, 'answer 1912'],
    ['several readings, no answer', { candidates: [decline], readings: revolutions }, 'declined'],
    ['one reading', { readings: revolutions.slice(0, 1), claims: [claim('1912', 'a', 0.9)] }, 'answer 1912'],
  ])('%s: %j', (_, known, expected) => {
    expect(inWords(chooseStrategy({ ...base, ...known }))).toBe(expected);
  });

  function inWords(strategy: Strategy): string {
    if (strategy.action === 'hedge') return `hedge ${strategy.claims.map((one) => one.candidate.text).join(', ')}`;
    if (strategy.action === 'answer') {
      const { candidate: said, asOf } = strategy.chosen;
      return `answer ${said.text}${asOf === undefined ? '' : ` as of ${asOf}`}`;
    }
    const { reason, choices } = strategy.abstention;
    return choices ? `${reason}: ${choices.map(({ label }) => label).join(', ')}` : reason;
  }

  it('says how confident it was when that was too little', () => {
    expect(chooseStrategy({ ...base, candidates: [answer(0.5)] })).toEqual({
      action: 'abstain',
      abstention: { reason: 'low-confidence', confidence: 0.5 },
    });
  });

  it('gives the answer of the newest source with its own confidence', () => {
    const claims = [claim('1912', 'a', 0.9, '2019'), claim('1913', 'b', 0.85, '2020')];
    expect(chooseStrategy({ ...base, claims })).toMatchObject({
      chosen: { candidate: { text: '1913', confidence: 0.85 } },
    });
  });
});

describe('texts', () => {
  it.each([
    ['When did it begin?', undefined, 'en'],
    ['革命什么时候开始？', undefined, 'zh'],
    ['革命はいつ始まりましたか', undefined, 'en'],
    ['革命', 'en-GB', 'en'],
    ['revolution', 'zh-CN', 'zh'],
  ] as const)('%s (%s) is answered in %s', (text, tag, language) => expect(languageOfQuery(text, tag)).toBe(language));

  it.each(ANSWER_REASONS)('%s has a strategy, and words in both languages where nothing is shown', (reason) => {
    expect(ANSWER_STRATEGIES).toContain(STRATEGY_OF[reason]);
    if (reason === 'shown' || reason === 'sources-disagree') return;
    expect(messageOf(reason, 'en')).toMatch(/^[A-Z].*[.?]$/);
    expect(messageOf(reason, 'zh')).toMatch(/^[\p{Script=Han}].*[。？]$/u);
  });

  it('gives every claim of a disagreement its number', () => {
    expect(disagreementText(['1912', '1913'], 'en')).toBe('Sources disagree: [1] says 1912, [2] says 1913.');
    expect(disagreementText(['1912', '1913'], 'zh')).toBe('来源不一致：[1] 说是“1912”，[2] 说是“1913”。');
  });

  it.each([
    ['Who is the current mayor?', true],
    ['现任市长是谁？', true],
    ['Who was the first mayor?', false],
  ])('%s asks for the present: %s', (query, expected) => {
    expect(asksForThePresent(query)).toBe(expected);
  });
});
