import { describe, expect, it } from 'vitest';
import { compareByJudge, type JudgedPair } from '../../src/evaluation/judge-comparison.js';
import { lengthControlledWinRate } from '../../src/evaluation/length-control.js';
import { areaUnderRoc } from '../../src/evaluation/measures/area-under-roc.js';
import { rankCorrelation } from '../../src/evaluation/measures/rank-correlation.js';
import { seededRandom } from '../../src/evaluation/random.js';
import { wilsonInterval } from '../../src/evaluation/wilson-interval.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('lengthControlledWinRate', () => {
  it('finds the preference at equal length again, which the raw win rate hides', () => {
    const random = seededRandom(3);
    const cases = Array.from({ length: 20_000 }, () => {
      const lengthDifference = 80 * random() - 20; // Mostly longer.
      const deviation = Math.sqrt((60 ** 3 + 20 ** 3) / 3 / 80); // Of a uniform one on -20..60, about 0.
      const likely = sigmoid(-0.4 + 1.5 * Math.tanh(lengthDifference / deviation));
      return { preference: Number(random() < likely), lengthDifference };
    });
    const raw = cases.reduce((sum, { preference }) => sum + preference, 0) / cases.length;
    expect(raw).toBeGreaterThan(0.5);
    expect(lengthControlledWinRate(cases)).toBeCloseTo(sigmoid(-0.4), 1);
    expect(Math.abs((lengthControlledWinRate(cases) ?? 0) - sigmoid(-0.4))).toBeLessThan(0.02);
  });

  it('is the win rate when all are of one length, and stays finite when length decides', () => {
    const even = [1, 1, 0, 0.5].map((preference) => ({ preference, lengthDifference: 0 }));
    expect(lengthControlledWinRate(even)).toBeCloseTo(2.5 / 4, 3);
    const decided = [-3, -2, 2, 3].map((difference) => ({
      preference: Number(difference > 0),
      lengthDifference: difference,
    }));
    expect(lengthControlledWinRate(decided)).toBeCloseTo(0.5, 6);
    expect(lengthControlledWinRate([])).toBeNull();
  });
});

describe('compareByJudge', () => {
  const pair = (first: number, second: number, f1: [number, number], characters: [number, number]): JudgedPair => ({
    preference: { first, second },
    f1: { own: f1[0], other: f1[1] },
    characters: { own: characters[0], other: characters[1] },
  });
  const pairs = [
    pair(0.9, 0.8, [1, 0], [20, 10]), // prefers the own one, better and longer
    pair(0.7, 0.4, [0, 1], [10, 10]), // turns with the order; on average for the worse own one
    pair(0.2, 0.2, [0.5, 0.5], [30, 10]), // prefers the shorter one
    pair(0.5, 0.5, [0, 0], [5, 5]), // the same answer
  ];
  const alone = [
    { reward: 2, right: true, characters: 10 },
    { reward: 1, right: false, characters: 30 },
    { reward: 0, right: true, characters: 40 },
  ];
  const comparison = compareByJudge(alone, pairs, { judgeId: 'reward@1', notJudged: 2, name: 'theirs.jsonl' });

  it('puts the verdicts beside the gold measures', () => {
    expect(comparison).toMatchObject({ judged: 3, notJudged: 2 });
    expect(comparison.alone.auc.value).toBe(1 / 2);
    expect(comparison.alone.lengthCorrelation.value).toBe(-1);
    expect(comparison.against?.winRate.value).toBeCloseTo((0.85 + 0.55 + 0.2 + 0.5) / 4, 12);
    expect(comparison.against?.positionConsistency.value).toBe(3 / 4);
    expect(comparison.against?.longerPreferred.value).toBe(1 / 2);
    expect(comparison.gold?.winRate.value).toBe((1 + 0 + 0.5 + 0.5) / 4);
    expect(comparison.gold?.f1Difference.value).toBe(0);
    expect(comparison.gold?.agreement.value).toBe(1 / 2);
  });

  it('has no rival where none was named', () => {
    expect(Object.keys(compareByJudge(alone, [], { judgeId: 'j', notJudged: 0 }))).toEqual([
      'judgeId',
      'judged',
      'notJudged',
      'alone',
    ]);
  });
});

describe('measures of a judge', () => {
  it('area under the ROC curve counts ties one half', () => {
    const cases = [
      { score: 3, positive: true },
      { score: 1, positive: true },
      { score: 1, positive: false },
      { score: 0, positive: false },
    ];
    expect(areaUnderRoc(cases)).toBe((1 + 1 + 0.5 + 1) / 4);
    expect(areaUnderRoc(cases.slice(0, 2))).toBeNull();
  });

  it("Spearman's correlation has mean ranks for ties", () => {
    expect(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 40])).toBe(1);
    // ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4: 4.5 / sqrt(4.5 * 5)
    expect(rankCorrelation([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
    expect(rankCorrelation([1, 1], [1, 2])).toBeNull();
  });

  it("Wilson's interval", () => {
    // R: prop.test(8, 10, correct = FALSE)
    expect(wilsonInterval(8, 10)?.low).toBeCloseTo(0.4901625, 6);
    expect(wilsonInterval(8, 10)?.high).toBeCloseTo(0.9433178, 6);
    expect(wilsonInterval(0, 10)?.low).toBe(0);
    expect(wilsonInterval(10, 10)?.low).toBeCloseTo(0.7224672, 6);
    expect(wilsonInterval(0, 0)).toBeNull();
  });
});
