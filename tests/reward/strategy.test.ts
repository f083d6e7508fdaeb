import { describe, expect, it } from 'vitest';
import { selectAnswer } from '../../src/reward/select-answer.js';
import { chooseStrategy } from '../../src/reward/strategy.js';
import { candidate } from './candidates.js';

const nan = Number.NaN;

describe('selectAnswer', () => {
  it.each([
    ['the highest reward', [candidate('a', 'p', 1), candidate('b', 'q', 2)], 'b'],
    ['a decline speaks for its own passage', [candidate('a', 'p', 1), candidate('-', 'q', 9)], 'a'],
    ['and silences that one', [candidate('a', 'p', 1), candidate('-', 'p', 2), candidate('b', 'q', 0)], 'b'],
    ['every passage declined', [candidate('a', 'p', 1), candidate('-', 'p', 2), candidate('-', 'q', 0)], null],
    ['no reward, no answer', [candidate('a', 'p', nan), candidate('b', 'q', -9)], 'b'],
    ['an infinite reward is none', [candidate('a', 'p', Number.POSITIVE_INFINITY), candidate('b', 'q', -9)], 'b'],
    ['no text, no answer', [candidate(' ', 'p', 3), candidate('b', 'q', -9)], 'b'],
    ['no usable candidate', [candidate('a', 'p', nan)], null],
    ['no candidate', [], null],
    ['an answer before a decline of equal reward', [candidate('-', 'p', 1), candidate('a', 'p', 1)], 'a'],
    ['the likelier of equal ones', [candidate('a', 'p', 1, { meanTokenLogprob: -2 }), candidate('b', 'q', 1)], 'b'],
    ['then by passage', [candidate('a', 'q', 1), candidate('b', 'p', 1)], 'b'],
  ])('%s', (_, candidates, text) => {
    expect(selectAnswer(candidates)?.text ?? null).toBe(text);
    expect(selectAnswer(candidates.toReversed())?.text ?? null).toBe(text);
  });
});

describe('chooseStrategy', () => {
  const answer = (confidence: number) => ({ ...candidate('a', 'p', 1), confidence });
  const decline = { ...candidate('-', 'q', 2), confidence: 0 };
  it.each([
    ['allow', [answer(0.9), decline], 0.8, 'shown'],
    ['allow', [answer(0.8)], 0.8, 'shown'],
    ['allow', [answer(0.79)], 0.8, 'low-confidence'],
    ['allow', [answer(1)], 1, 'shown'],
    ['allow', [answer(nan)], 0, 'low-confidence'],
    ['allow', [answer(1.1)], 0.8, 'low-confidence'],
    ['allow', [answer(-0.1)], 0, 'low-confidence'],
    ['allow', [decline], 0, 'declined'],
    ['allow', [], 0, 'no-evidence'],
    ['allow', [answer(0.9)], null, 'generator-unavailable'],
    ['hits-only', [answer(0.9)], 0, 'unsafe-query'],
  ] as const)('%s, %j, threshold %j: %s', (verdict, candidates, minConfidence, expected) => {
    const strategy = chooseStrategy({ verdict, candidates, minConfidence });
    expect(strategy.action === 'answer' ? 'shown' : strategy.abstention.reason).toBe(expected);
  });

  it('says how confident it was when that was too little', () => {
    expect(chooseStrategy({ verdict: 'allow', candidates: [answer(0.5)], minConfidence: 0.8 })).toEqual({
      action: 'abstain',
      abstention: { reason: 'low-confidence', confidence: 0.5 },
    });
  });
});
