import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placesOf, spanAgreement } from '../../src/ranking/span-agreement.js';

const logs = (...probabilities: number[]) => probabilities.map(Math.log);
const passage = { from: 1, to: 4 };

describe('spanAgreement', () => {
  // Token 0 is "nowhere".
  const spans = { begins: logs(0.2, 0.5, 0.3, 0, 0), ends: logs(0.2, 0, 0.1, 0.6, 0.1) };

  test('adds up the spans that share most of their tokens with the place', () => {
    // 1 to 3: itself 0.5 * 0.6; 2 to 3 (F1 0.8) 0.3 * 0.6; 1 to 2 (0.8) 0.5 * 0.1; 1 to 4 (6/7) 0.5 * 0.1; 2 to 4 has 2/3.
    expect(spanAgreement(spans, passage, [{ from: 1, to: 3 }])).toBeCloseTo(0.3 + 0.18 + 0.05 + 0.05, 10);
  });

  test('an answer that stands twice gets what either place gets, each span once', () => {
    const places = [
      { from: 2, to: 2 },
      { from: 4, to: 4 },
    ];
    expect(spanAgreement(spans, passage, places)).toBeCloseTo(0.3 * 0.1, 10);
    expect(spanAgreement(spans, passage, [...places, ...places])).toBeCloseTo(0.3 * 0.1, 10);
  });

  test('nothing for no place, and nothing for "nowhere"', () => {
    expect(spanAgreement(spans, passage, [])).toBe(0);
    expect(
      spanAgreement({ begins: logs(1, 0, 0, 0, 0), ends: logs(1, 0, 0, 0, 0) }, passage, [{ from: 1, to: 4 }]),
    ).toBe(0);
  });

  test('a probability, whatever the reader says', () => {
    const simplex = fc
      .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
      .map((weights) => weights.map((weight) => Math.log(weight / weights.reduce((a, b) => a + b, 0))));
    const place = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(simplex, simplex, fc.array(place, { maxLength: 3 }), (begins, ends, places) => {
        const agreement = spanAgreement(
          { begins, ends },
          passage,
          places.map(([from, more]) => ({ from, to: Math.min(4, from + more) })),
        );
        expect(agreement).toBeGreaterThanOrEqual(0);
        expect(agreement).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('placesOf', () => {
  const tokens = [101, 7, 8, 7, 8, 102];

  test.each([
    [
      [7, 8],
      [1, 3],
    ],
    [[8, 7], [2]],
    [[8, 102], []],
    [[], []],
  ])('%j stands at %j', (wanted, places) => {
    expect(placesOf(wanted, tokens, passage).map(({ from }) => from)).toEqual(places);
  });
});
