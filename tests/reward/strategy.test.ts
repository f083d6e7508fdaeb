import { describe, expect, it } from 'vitest';
import { selectAnswer } from '../../src/reward/select-answer.js';
import { chooseStrategy } from '../../src/reward/strategy.js';
import { candidate } from './candidates.js';

const nan = Number.NaN;

describe('selectAnswer', () => {
  const chosen = (candidates: Parameters<typeof selectAnswer>[0]) => selectAnswer(candidates)?.text ?? null;

  it.each([
    ['the highest reward of a passage', [candidate('a', 'p', 1), candidate('b', 'p', 2)], 'b'],
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
    ['the best passage has the word', [candidate('a', 'p', 1), candidate('b', 'q', 3.9)], 'a'],
    ['unless another is far better', [candidate('a', 'p', 1), candidate('b', 'q', 4.1)], 'b'],
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
