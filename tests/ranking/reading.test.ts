import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agreementWith, likeliestAnswer, type Reading } from '../../src/ranking/reading.js';

const logs = (...probabilities: number[]) => probabilities.map(Math.log);
const text = 'one two three four';
const words = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ start: index, end: index + word.length }));
// What is missing from 1 goes to "nowhere".
const reading: Reading = { tokens: words, begins: logs(0.5, 0.3, 0, 0), ends: logs(0, 0.1, 0.6, 0.1) };

describe('agreement with an answer', () => {
  test('adds up the spans that share most of their tokens with it', () => {
    // 1 to 3: itself 0.5 * 0.6; 2 to 3 (F1 0.8) 0.3 * 0.6; 1 to 2 (0.8) 0.5 * 0.1; 1 to 4 (6/7) 0.5 * 0.1; 2 to 4 has 2/3.
    expect(agreementWith(reading, text, 'one two three')).toBeCloseTo(0.3 + 0.18 + 0.05 + 0.05, 10);
  });

  test('an answer that stands twice gets what either place gets, each span once', () => {
    const twice = 'one two three two';
    // 2 to 2 alone, 0.3 * 0.1: nothing begins with the fourth.
    expect(agreementWith(reading, twice, 'two')).toBeCloseTo(0.3 * 0.1, 10);
    expect(agreementWith({ ...reading, begins: logs(0, 0.3, 0, 0.2) }, twice, 'two')).toBeCloseTo(0.03 + 0.02, 10);
  });

  test.each([
    ['five', 'stands nowhere'],
    ['', 'is empty'],
    [' ', 'is a blank'],
  ])('unknown for %j, which %s', (answer) => {
    expect(agreementWith(reading, text, answer)).toBeNull();
  });

  test('unknown for an answer whose end was not read', () => {
    const cut = { tokens: words.slice(0, 3), begins: logs(0, 0, 1), ends: logs(0, 0, 1) };
    expect(agreementWith(cut, text, 'three four')).toBeNull();
    expect(agreementWith(cut, text, 'three')).toBeCloseTo(1, 10);
  });

  test('part of a word counts as the word', () => {
    expect(agreementWith(reading, text, 'ne two thre')).toBeCloseTo(0.58, 10);
  });

  test('a probability, whatever the reader says', () => {
    const simplex = fc
      .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
      .map((weights) => weights.map((weight) => Math.log(weight / weights.reduce((a, b) => a + b, 0))));
    fc.assert(
      fc.property(simplex, simplex, fc.nat(17), fc.nat(17), (begins, ends, start, length) => {
        const agreement = agreementWith({ tokens: words, begins, ends }, text, text.slice(start, start + length)) ?? 0;
        expect(agreement).toBeGreaterThanOrEqual(0);
        expect(agreement).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the likeliest answer', () => {
  test('as it stands in the text, with the probability of all that say the same', () => {
    expect(likeliestAnswer(reading, text)).toEqual({ text: 'one two three', probability: expect.closeTo(0.58, 10) });
  });

  test('none where nothing was read', () => {
    expect(likeliestAnswer({ tokens: [], begins: [], ends: [] }, text)).toBeNull();
  });
});
