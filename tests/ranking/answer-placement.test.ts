import { describe, expect, it } from 'vitest';
import { answerValue, needShare, placeAnswer } from '../../src/ranking/answer-placement.js';

const place = (confidence: number, relevanceScores: (number | null)[], wrongAnswerCost = 1, minConfidence = 0.5) =>
  placeAnswer({ confidence, minConfidence, relevanceScores, wrongAnswerCost });

describe('placeAnswer', () => {
  it.each([
    // confidence, hits, cost, slot
    [0.99, [0.6, 0.3], 1, 0], // worth 0.98
    [0.75, [0.6, 0.3], 1, 1], // worth 0.5
    [0.75, [0.6, 0.3], 0, 0], // worth 0.75: a wrong answer costs nothing
    [0.75, [0.6, 0.3], 2, 2], // worth 0.25
    [0.75, [0.6, 0.3], 3, null], // worth nothing
    [0.8, [0.1, 0.7], 1, 0], // worth 0.6: the top slot gains more than the second loses
    [0.8, [0.1, 0.9], 1, 2], // the second is surely better
    [0.9, [null, null], 1, 0], // nothing is known of the hits
    [0.9, [], 1, 0],
    [0.9, [0.8], 1, 1], // worth as much as the hit: the hit stays on top
  ])('confidence %d among %j at cost %d: slot %j', (confidence, hits, cost, slot) => {
    expect(place(confidence, hits, cost)).toBe(slot);
  });

  it.each([
    ['below the threshold', 0.79, 0.8],
    ['no probability', Number.NaN, 0],
    ['above 1', 1.2, 0],
  ])('hides what is %s', (_, confidence, minConfidence) => {
    expect(placeAnswer({ confidence, minConfidence, relevanceScores: [0] })).toBeNull();
  });
});

describe('kinds of queries', () => {
  const page = {
    confidence: 0.95,
    minConfidence: 0.5,
    relevanceScores: [0.6, 0.5, 0.4],
    hitDocumentIds: ['a', 'b', 'c'],
  };
  it.each([
    // kind, documents quoted, share of the readers, slot
    ['question', ['a'], 1, 0],
    ['keyword', ['a'], 0.4, 3], // 0.6 of 1.5: worth 0.36
    ['keyword', ['a', 'b', 'c'], 1, 0],
    ['keyword', ['elsewhere'], 0, null],
    ['navigational', ['a'], 0, null],
    ['transactional', ['a'], 0, null],
  ] as const)('%s, quoting %j, serves %d: slot %j', (queryKind, citedDocumentIds, share, slot) => {
    expect(needShare({ ...page, queryKind, citedDocumentIds })).toBeCloseTo(share, 12);
    expect(placeAnswer({ ...page, queryKind, citedDocumentIds })).toBe(slot);
  });

  it('counts a document once, by its best hit, and knows nothing of hits that were not reranked', () => {
    const twice = { queryKind: 'keyword', relevanceScores: [0.6, 0.6, 0.6], hitDocumentIds: ['a', 'a', 'b'] } as const;
    expect(needShare({ ...twice, citedDocumentIds: ['a'] })).toBeCloseTo(0.5, 12);
    expect(needShare({ ...twice, relevanceScores: [null, null, null], citedDocumentIds: ['a'] })).toBe(0.5);
    expect(needShare({ queryKind: 'keyword', relevanceScores: [0.5] })).toBe(1);
  });
});

describe('for any page', () => {
  let state = 11;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const pages = Array.from({ length: 300 }, () => ({
    hits: Array.from({ length: Math.floor(random() * 8) }, () => (random() < 0.2 ? null : random())),
    cost: 3 * random(),
    minConfidence: random(),
  }));
  const height = (slot: number | null) => slot ?? Number.POSITIVE_INFINITY;

  it('more confidence never moves the answer down', () => {
    for (const { hits, cost, minConfidence } of pages) {
      const slots = Array.from({ length: 51 }, (_, index) => height(place(index / 50, hits, cost, minConfidence)));
      expect(slots).toEqual(slots.toSorted((a, b) => (a === b ? 0 : b - a)));
    }
  });

  it('nor does it where many needs share the page, and there it never stands higher than for a question', () => {
    for (const { hits, cost, minConfidence } of pages) {
      const at = (confidence: number, queryKind: 'question' | 'keyword') =>
        height(
          placeAnswer({
            confidence,
            minConfidence,
            relevanceScores: hits,
            wrongAnswerCost: cost,
            queryKind,
            citedDocumentIds: ['d0'],
            hitDocumentIds: hits.map((_, index) => `d${index % 3}`),
          }),
        );
      const slots = Array.from({ length: 51 }, (_, index) => at(index / 50, 'keyword'));
      const withinPage = slots.filter((slot) => slot <= hits.length);
      expect(withinPage).toEqual(withinPage.toSorted((a, b) => b - a));
      for (const [index, slot] of slots.entries()) expect(slot).toBeGreaterThanOrEqual(at(index / 50, 'question'));
    }
  });

  it('a dearer mistake never moves it up', () => {
    for (const { hits, minConfidence } of pages) {
      const slots = Array.from({ length: 31 }, (_, index) => height(place(0.8, hits, index / 10, minConfidence)));
      expect(slots).toEqual(slots.toSorted((a, b) => (a === b ? 0 : a - b)));
    }
  });

  it('no hit below it is likelier to help than the answer is to be right', () => {
    for (const { hits, cost, minConfidence } of pages) {
      const confidence = random();
      const slot = place(confidence, hits, cost, minConfidence);
      if (slot !== null)
        expect(Math.max(0, ...hits.slice(slot).map((hit) => hit ?? 0))).toBeLessThanOrEqual(confidence);
    }
  });

  it('is hidden below the threshold and where it is worth nothing', () => {
    for (const { hits, cost, minConfidence } of pages) {
      const confidence = random();
      const hidden = confidence < minConfidence || answerValue(confidence, cost) <= 0;
      expect(place(confidence, hits, cost, minConfidence) === null).toBe(hidden);
    }
  });

  it('is the best of all allowed slots', () => {
    for (const { hits, cost } of pages) {
      const confidence = 0.5 + random() / 2;
      const slot = place(confidence, hits, cost, 0);
      if (slot === null) continue;
      const utility = (at: number) =>
        hits
          .toSpliced(at, 0, answerValue(confidence, cost))
          .reduce<number>((sum, gain, index) => sum + (gain ?? 0) / Math.log2(index + 2), 0);
      const first = hits.findLastIndex((hit) => (hit ?? 0) > confidence) + 1;
      for (let other = first; other <= hits.length; other++)
        expect(utility(slot)).toBeGreaterThanOrEqual(utility(other) - 1e-12);
    }
  });
});
