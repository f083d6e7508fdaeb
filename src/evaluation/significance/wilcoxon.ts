import { normalTwoSided } from './special-functions.js';
import type { TestResult } from './t-test.js';

/** Up to so many pairs the exact distribution is used where there are no ties and no zeros. */
const EXACT_PAIRS = 50;
/** Up to so many pairs it is used with ties and zeros too. */
const EXACT_TIED_PAIRS = 13;

/**
 * Wilcoxon's signed-rank test on the differences, as scipy's `wilcoxon` decides it: differences of 0 are left out; the
 * distribution is exact for up to 50 pairs without ties and zeros and for up to 13 with them, else normal, with the variance
 * corrected for ties. The statistic is the smaller of the two rank sums. All differences 0: p-value 1.
 */
export function wilcoxonTest(differences: Float64Array): TestResult {
  const nonZero = differences.filter((difference) => difference !== 0);
  const count = nonZero.length;
  if (count === 0) return { statistic: null, pValue: 1 };
  const { ranks, tieCorrection } = averageRanks(nonZero.map(Math.abs));
  let [positive, total] = [0, 0];
  for (let index = 0; index < count; index++) {
    const rank = ranks[index] as number;
    total += rank;
    if ((nonZero[index] as number) > 0) positive += rank;
  }
  const statistic = Math.min(positive, total - positive);
  const clean = tieCorrection === 0 && count === differences.length;
  if (differences.length <= (clean ? EXACT_PAIRS : EXACT_TIED_PAIRS))
    return { statistic, pValue: exactTwoSided(ranks, statistic) };
  const variance = (count * (count + 1) * (2 * count + 1) - tieCorrection / 2) / 24;
  return { statistic, pValue: normalTwoSided((positive - total / 2) / Math.sqrt(variance)) };
}

/** Ranks from 1; equal values share the mean of theirs. The correction is the sum of t^3 - t over groups of t equals. */
export function averageRanks(values: Float64Array): { ranks: Float64Array; tieCorrection: number } {
  const order = Int32Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  let tieCorrection = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to += 1;
    for (let at = from; at < to; at++) ranks[order[at] as number] = (from + to + 1) / 2;
    tieCorrection += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { ranks, tieCorrection };
}

/** Twice the probability of a rank sum of at most the statistic, when every sign is as likely as the other. */
function exactTwoSided(ranks: Float64Array, statistic: number): number {
  // Twice the ranks are whole numbers. `ways[s]` is the probability that the positive ones add up to s.
  const doubled = Array.from(ranks, (rank) => Math.round(2 * rank));
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  let ways = new Float64Array(total + 1);
  ways[0] = 1;
  for (const rank of doubled) {
    const next = ways.map((probability) => probability / 2);
    for (let sum = rank; sum <= total; sum++) next[sum] = (next[sum] as number) + (ways[sum - rank] as number) / 2;
    ways = next;
  }
  let tail = 0;
  for (let sum = 0; sum <= Math.round(2 * statistic); sum++) tail += ways[sum] as number;
  return Math.min(1, 2 * tail);
}
