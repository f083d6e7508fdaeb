import { describe, expect, it } from 'vitest';
import {
  balanced,
  balancedCredit,
  compareInterleaved,
  teamDraft,
  teamDraftCredit,
} from '../../src/counterfactual/interleaving.js';
import { estimatePolicy, type LoggedRound } from '../../src/counterfactual/off-policy.js';
import { estimateRanker, powerExamination, type RankedImpression } from '../../src/counterfactual/ranking-clicks.js';
import { seededRandom, shuffled } from '../../src/evaluation/random.js';

describe('estimatePolicy', () => {
  // reward, propensity, target: weights 2, 0.5, 0, 1
  const rounds: LoggedRound[] = [
    { reward: 1, propensity: 0.25, target: 0.5, predicted: 0.8, predictedTarget: 0.6 },
    { reward: 0, propensity: 0.5, target: 0.25, predicted: 0.2, predictedTarget: 0.4 },
    { reward: 1, propensity: 0.5, target: 0, predicted: 0.5, predictedTarget: 0.5 },
    { reward: 1, propensity: 1, target: 1, predicted: 1, predictedTarget: 1 },
  ];

  it('has the values of a calculation by hand', () => {
    const found = estimatePolicy(rounds);
    expect(found.logged?.value).toBe(3 / 4);
    expect(found.ips?.value).toBe((2 + 0 + 0 + 1) / 4);
    // terms 2, 0, 0, 1: variance (1.25^2 + 2 * 0.75^2 + 0.25^2) / 3
    expect(found.ips?.standardError).toBeCloseTo(Math.sqrt((1.5625 + 1.125 + 0.0625) / 3 / 4), 12);
    expect(found.snips?.value).toBeCloseTo(3 / 3.5, 12);
    expect(found.dr?.value).toBeCloseTo((0.6 + 2 * 0.2 + (0.4 - 0.5 * 0.2) + 0.5 + 1) / 4, 12);
    expect(found.effectiveRounds).toBeCloseTo(3.5 ** 2 / (4 + 0.25 + 1), 12);
    expect(found).toMatchObject({ meanWeight: 3.5 / 4, maxWeight: 2, cut: 0, rounds: 4 });
  });

  it('cuts weights, does without predictions, and says what is wrong with a round', () => {
    expect(estimatePolicy(rounds, { maxWeight: 1 })).toMatchObject({ ips: { value: 0.5 }, maxWeight: 1, cut: 0.25 });
    const bare = rounds.map(({ reward, propensity, target }) => ({ reward, propensity, target }));
    expect(estimatePolicy(bare).dr).toBeNull();
    expect(estimatePolicy([])).toMatchObject({ ips: null, snips: null, rounds: 0 });
    expect(() => estimatePolicy([...rounds, { reward: 1, propensity: 0, target: 1 }])).toThrow(/round 5: .*propensity/);
    expect(() => estimatePolicy([{ reward: 1, propensity: 1, target: 2 }])).toThrow(/round 1: .*target/);
  });

  it('takes the rounds of one user as one', () => {
    // The same four rounds ten times: as one user's copies they say no more than once.
    const copies = rounds.flatMap((round, user) =>
      Array.from({ length: 10 }, () => ({ ...round, cluster: `u${user}` })),
    );
    expect(estimatePolicy(copies).ips?.standardError).toBeCloseTo(estimatePolicy(rounds).ips?.standardError ?? 0, 12);
    const alone = copies.map(({ cluster: _, ...round }) => round);
    expect(estimatePolicy(alone).ips?.standardError).toBeLessThan(
      0.5 * (estimatePolicy(rounds).ips?.standardError ?? 0),
    );
  });

  it('finds the true value of a policy, with intervals that hold it 95 times in 100', () => {
    // Two contexts, three actions; the truth is known.
    const rewards = [
      [0.1, 0.5, 0.3],
      [0.6, 0.2, 0.4],
    ];
    const logging = [
      [0.6, 0.2, 0.2],
      [0.2, 0.3, 0.5],
    ];
    const target = [
      [0.1, 0.7, 0.2],
      [0.8, 0.1, 0.1],
    ];
    const wrongModel = [0.3, 0.3, 0.3]; // DR needs no right model when propensities are right.
    const truth = [0, 1].reduce(
      (sum, x) => sum + 0.5 * [0, 1, 2].reduce((total, a) => total + target[x]![a]! * rewards[x]![a]!, 0),
      0,
    );
    const random = seededRandom(5);
    const held = { ips: 0, snips: 0, dr: 0 };
    const sums = { ips: 0, snips: 0, dr: 0 };
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const log = Array.from({ length: 400 }, (): LoggedRound => {
        const x = random() < 0.5 ? 0 : 1;
        const draw = random();
        const [first, second] = logging[x]!;
        const a = draw < first! ? 0 : draw < first! + second! ? 1 : 2;
        return {
          reward: Number(random() < rewards[x]![a]!),
          propensity: logging[x]![a]!,
          target: target[x]![a]!,
          predicted: wrongModel[a],
          predictedTarget: 0.3,
        };
      });
      const found = estimatePolicy(log);
      for (const name of ['ips', 'snips', 'dr'] as const) {
        const { value, low, high } = found[name]!;
        sums[name] += value / runs;
        held[name] += Number(low <= truth && truth <= high) / runs;
      }
    }
    for (const name of ['ips', 'snips', 'dr'] as const) {
      expect(Math.abs(sums[name] - truth)).toBeLessThan(0.01);
      expect(held[name]).toBeGreaterThan(0.91);
      expect(held[name]).toBeLessThan(0.985);
    }
  });
});

describe('estimateRanker', () => {
  const examination = (rank: number) => [1, 0.5, 0.25][rank - 1] ?? 0.1;

  it('has the values of a calculation by hand', () => {
    const impressions: RankedImpression[] = [
      // The target lifts c, clicked at rank 3, to 1 (weight 4) and drops a to 2 (0.5).
      { shown: ['a', 'b', 'c'], clicked: new Set(['c', 'a']), target: ['c', 'a'] },
      // It shows x, which the log never did.
      { shown: ['a', 'b', 'c'], clicked: new Set(['b']), target: ['b', 'x'] },
    ];
    const found = estimateRanker(impressions, { examination, depth: 2 });
    expect(found.logged?.value).toBe((1 + 1) / 2); // c stood below the depth.
    expect(found.ips?.value).toBe((4 + 0.5 + 2) / 2);
    expect(found.coverage).toBeCloseTo((1 + 0.5 + 1) / 3, 12);
    expect(found.snips?.value).toBeCloseTo((6.5 / 2.5) * 1.5, 12);
    expect(found.dr).toBeNull();
    const predicted = new Map([
      ['a', 0.4],
      ['b', 0.5],
      ['c', 0.6],
      ['x', 0.2],
    ]);
    const dr = estimateRanker(
      impressions.map((one) => ({ ...one, predicted })),
      { examination, depth: 2 },
    ).dr;
    const first = 0.6 + 0.5 * 0.4 + 4 * (1 - 0.25 * 0.6) + 0.5 * (1 - 0.4);
    const second = 0.5 + 0.5 * 0.2 + 2 * (1 - 0.5 * 0.5);
    expect(dr?.value).toBeCloseTo((first + second) / 2, 12);
  });

  it('finds the clicks of a ranker that was never shown', () => {
    const relevance: Record<string, number> = { a: 0.1, b: 0.6, c: 0.3, d: 0.5 };
    const look = powerExamination(1);
    const target = ['b', 'd', 'c', 'a'];
    const truth = target.reduce((sum, id, index) => sum + look(index + 1) * relevance[id]!, 0);
    const random = seededRandom(11);
    const predicted = new Map(Object.entries(relevance).map(([id, value]) => [id, value * 0.5])); // A poor model.
    const impressions = Array.from({ length: 20_000 }, (_, seed): RankedImpression => {
      const shown = shuffled(['a', 'b', 'c', 'd'], seed);
      const clicked = shown.filter((id, index) => random() < look(index + 1) * relevance[id]!);
      return { shown, clicked: new Set(clicked), target, predicted };
    });
    const found = estimateRanker(impressions, { examination: look });
    for (const name of ['ips', 'snips', 'dr'] as const) {
      expect(Math.abs(found[name]!.value - truth)).toBeLessThan(3.5 * found[name]!.standardError);
      expect(found[name]!.standardError).toBeLessThan(0.02);
    }
    expect(found.dr!.standardError).toBeLessThan(found.ips!.standardError);
    expect(Math.abs(found.logged!.value - truth)).toBeGreaterThan(10 * found.logged!.standardError);
  });
});

describe('interleaving', () => {
  const [a, b] = [
    ['x', 'y', 'z'],
    ['y', 'w', 'x'],
  ];

  it('team draft gives one of its pages, as often as the coin says', () => {
    const random = seededRandom(2);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 8_000; draw++) {
      const { documents, teams } = teamDraft(a, b, 3, random);
      const page = documents.map((id, index) => `${id}${teams[index]}`).join(' ');
      counts.set(page, (counts.get(page) ?? 0) + 1);
    }
    // First round: a picks x and b picks y, in either order. Then one pick of a coin: z by a or w by b.
    expect([...counts.keys()].sort()).toEqual(['xa yb wb', 'xa yb za', 'yb xa wb', 'yb xa za']);
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('team draft goes on when one ranking has ended, and knows no document twice', () => {
    expect(teamDraft(['x'], ['x', 'y', 'z'], 9, () => 0)).toEqual({
      documents: ['x', 'y', 'z'],
      teams: ['a', 'b', 'b'],
    });
    expect(teamDraft([], [], 3, () => 0).documents).toEqual([]);
  });

  it('balanced interleaving is the one of the paper', () => {
    expect(balanced(a, b, 4, 'a')).toEqual(['x', 'y', 'w', 'z']);
    expect(balanced(a, b, 4, 'b')).toEqual(['y', 'x', 'w', 'z']);
    expect(balanced(a, [], 4, 'b')).toEqual(a);
  });

  it('gives credit', () => {
    expect(teamDraftCredit(['a', 'b', 'b', null], [1, 2, 1, 3, 9])).toEqual({ a: 0, b: 2 });
    // Lowest click w: second of b, not in a, so k = 2: x and y of a, y and w of b.
    expect(balancedCredit(a, b, ['x', 'y', 'w', 'z'], [0, 2])).toEqual({ a: 1, b: 1 });
    expect(balancedCredit(a, b, ['x', 'y', 'w', 'z'], [1, 2])).toEqual({ a: 1, b: 2 });
    expect(balancedCredit(a, b, ['x', 'y'], [])).toEqual({ a: 0, b: 0 });
  });

  it('counts wins, and tests them', () => {
    const credits = [
      ...Array(8).fill({ a: 0, b: 1 }),
      ...Array(2).fill({ a: 2, b: 1 }),
      { a: 1, b: 1 },
      { a: 0, b: 0 },
    ];
    const found = compareInterleaved(credits);
    expect(found).toMatchObject({ pages: 12, aWins: 2, bWins: 8, ties: 2 });
    expect(found.delta?.value).toBeCloseTo((8 + 1) / 12 - 0.5, 12);
    expect(found.signTestP).toBeCloseTo(0.109375, 12); // R: binom.test(2, 10)
    expect(compareInterleaved([])).toMatchObject({ delta: null, signTestP: 1 });
  });

  it('prefers the ranking that readers prefer, and neither of two equal ones', () => {
    const relevance: Record<string, number> = { x: 0.8, y: 0.1, z: 0.5, w: 0.05 };
    const play = (one: string[], other: string[], seed: number) => {
      const random = seededRandom(seed);
      const credits = Array.from({ length: 2_000 }, () => {
        const { documents, teams } = teamDraft(one, other, 3, random);
        const clicks = documents.flatMap((id, place) => (random() < relevance[id]! / (place + 1) ? [place] : []));
        return teamDraftCredit(teams, clicks);
      });
      return compareInterleaved(credits);
    };
    expect(play(a, b, 1).delta!.high).toBeLessThan(0);
    expect(play(b, a, 2).delta!.low).toBeGreaterThan(0);
    const same = play(a, a, 3).delta!;
    expect(Math.abs(same.value)).toBeLessThan(3.5 * same.standardError);
  });
});
