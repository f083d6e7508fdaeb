import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/evaluation/random.js';
import { type GuaranteeOptions, guaranteedThreshold } from '../../src/reward/guaranteed-threshold.js';
import { binomialTail } from '../../src/reward/precision-bound.js';

const promise: GuaranteeOptions = { targetPrecision: 0.9, confidence: 0.95, labels: 200 };

const answers = (count: number, confidence: number, wrong = 0) =>
  Array.from({ length: count }, (_, index) => ({ confidence, right: index >= wrong }));

describe('the p-value', () => {
  it('is the tail of the binomial distribution', () => {
    expect(binomialTail(0, 5, 0.3)).toBe(1);
    expect(binomialTail(5, 5, 0.5)).toBeCloseTo(1 / 32, 12);
    expect(binomialTail(29, 29, 0.9)).toBeCloseTo(0.9 ** 29, 12);
    // 1 - P(X = 10) - P(X = 9), X of ten fair coins
    expect(1 - binomialTail(9, 10, 0.5)).toBeCloseTo(1 - 11 / 1024, 12);
  });
});

describe('a guaranteed threshold', () => {
  it('needs 29 right answers in a row for 90 % with 95 %, and no fewer', () => {
    expect(guaranteedThreshold(answers(28, 0.9), promise)).toMatchObject({ supported: false });
    expect(guaranteedThreshold(answers(29, 0.9), promise)).toMatchObject({
      supported: true,
      minConfidence: 0.9,
      shown: 29,
      right: 29,
    });
  });

  it('goes as low as the labels prove, and no further', () => {
    const outcomes = [...answers(60, 0.95, 1), ...answers(60, 0.8, 2), ...answers(80, 0.4, 40)];
    expect(guaranteedThreshold(outcomes, promise)).toMatchObject({ minConfidence: 0.8, shown: 120, right: 117 });
  });

  it('does not depend on the order of the labels, nor on what the confidences are beyond their order', () => {
    const outcomes = [...answers(60, 0.95, 1), ...answers(60, 0.8, 2), ...answers(80, 0.4, 40)];
    const { minConfidence: _, ...proven } = guaranteedThreshold(outcomes.toReversed(), promise) as {
      minConfidence: number;
    };
    const squeezed = outcomes.map(({ confidence, right }) => ({ confidence: confidence / 100, right }));
    expect(guaranteedThreshold(squeezed, promise)).toMatchObject(proven);
  });

  it('says how many more labels would do', () => {
    const few = guaranteedThreshold([...answers(20, 0.9), ...answers(20, 0.3, 15)], { ...promise, labels: 50 });
    expect(few).toMatchObject({ supported: false });
    const more = 'moreLabels' in few ? few.moreLabels! : 0;
    expect(more).toBeGreaterThan(20);
    // So many more of the same kind do prove it.
    const factor = (50 + more) / 50;
    const enough = [...answers(Math.ceil(20 * factor), 0.9, 1), ...answers(Math.ceil(20 * factor), 0.3, 15)];
    expect(guaranteedThreshold(enough, promise).supported).toBe(true);
  });

  it('does not call five right answers hopeless', () => {
    const few = guaranteedThreshold(answers(5, 0.9), { ...promise, labels: 5 });
    expect(few).toMatchObject({ supported: false, moreLabels: expect.any(Number) });
    const more = 'moreLabels' in few ? few.moreLabels! : 0;
    expect(guaranteedThreshold(answers(5 + more, 0.9), promise).supported).toBe(true);
  });

  it('says when no number of labels would', () => {
    expect(guaranteedThreshold(answers(100, 0.9, 20), promise)).toEqual({ supported: false, moreLabels: null });
    expect(guaranteedThreshold([], promise)).toEqual({ supported: false, moreLabels: null });
  });

  it('keeps its promise over many sites, and 200 labels are enough where answers are good', () => {
    const sites = 400;
    const tally = (precisionAt: (rank: number) => number, isBroken: (shownShare: number) => boolean) => {
      const random = seededRandom(7);
      let [broken, supported] = [0, 0];
      for (let site = 0; site < sites; site++) {
        const outcomes = Array.from({ length: 200 }, () => {
          const rank = random();
          return { confidence: 1 - rank, right: random() < precisionAt(rank) };
        });
        const found = guaranteedThreshold(outcomes, promise);
        if (!found.supported) continue;
        supported += 1;
        if (isBroken(1 - found.minConfidence)) broken += 1;
      }
      return { broken: broken / sites, supported: supported / sites };
    };
    const tolerance = 2 * Math.sqrt((0.05 * 0.95) / sites);
    // The best share t has a precision of 1 - 0.2 t: below 90 % exactly where more than half is shown.
    const falling = tally(
      (rank) => 1 - 0.4 * rank,
      (share) => share > 0.5,
    );
    expect(falling.broken).toBeLessThanOrEqual(0.05 + tolerance);
    // Just below the target everywhere: every promise is a broken one.
    expect(
      tally(
        () => 0.899,
        () => true,
      ).broken,
    ).toBeLessThanOrEqual(0.05 + tolerance);
    // 98 % down to 60 % of the queries, then a coin.
    const good = tally(
      (rank) => (rank < 0.6 ? 0.98 : 0.5),
      (share) => 0.98 * 0.6 + 0.5 * (share - 0.6) < 0.9 * share,
    );
    expect(good.broken).toBeLessThanOrEqual(0.05 + tolerance);
    expect(good.supported).toBeGreaterThan(0.6);
  });
});
