/**
 * A rising map from 0..1 to 0..1: straight lines between the knots, and from the outer knots to (0, 0) and (1, 1).
 * Because no stretch is flat, two different scores never get the same confidence and no ranking is lost.
 */
export interface IsotonicMap {
  /** Strictly ascending, each above 0 and below 1. */
  scores: readonly number[];
  /** Ascending; the values at `scores`. */
  values: readonly number[];
}

/** One case: the score it got, 0..1, and whether it turned out well. */
export interface ScoredOutcome {
  score: number;
  right: boolean;
}

/** A stretch of cases that share one value. */
export interface IsotonicBlock {
  /** Weighted mean of the scores. */
  score: number;
  value: number;
  weight: number;
}

/**
 * Pool adjacent violators: the non-decreasing step function nearest to the values in weighted least squares. Adjacent
 * blocks of equal value are joined.
 *
 * @param blocks Ascending by `score`.
 */
export function poolAdjacentViolators(blocks: readonly IsotonicBlock[]): IsotonicBlock[] {
  const pooled: IsotonicBlock[] = [];
  for (const block of blocks) {
    let last = block;
    for (let before = pooled.at(-1); before && before.value >= last.value; before = pooled.at(-1)) {
      pooled.pop();
      last = merge(before, last);
    }
    pooled.push(last);
  }
  return pooled;
}

/**
 * Isotonic regression on bins of `binSize` neighbouring cases, as a piecewise-linear map. Each bin also counts its own
 * mean score as one case, so that 25 lucky cases do not become a certainty.
 *
 * @param binSize @default 25
 */
export function fitIsotonic(cases: readonly ScoredOutcome[], binSize = 25): IsotonicMap {
  const sorted = [...cases].sort((a, b) => a.score - b.score);
  const blocks = poolAdjacentViolators(binsOf(sorted, binSize));
  const inside = blocks.filter(({ score }) => score > 0 && score < 1);
  return { scores: inside.map(({ score }) => score), values: inside.map(({ value }) => value) };
}

/** The value of the map at a score; scores outside 0..1 are cut, `NaN` stays `NaN`. */
export function isotonicValue(map: IsotonicMap, score: number): number {
  if (Number.isNaN(score)) return Number.NaN;
  const scores = [0, ...map.scores, 1];
  const values = [0, ...map.values, 1];
  const x = Math.min(1, Math.max(0, score));
  const right = Math.max(
    1,
    scores.findIndex((knot) => knot >= x),
  );
  const [x0 = 0, x1 = 1, y0 = 0, y1 = 1] = [scores[right - 1], scores[right], values[right - 1], values[right]];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}

/** Bins of at least `binSize` cases (fewer only when there are fewer in all); cases of equal score stay together. */
function binsOf(sorted: readonly ScoredOutcome[], binSize: number): IsotonicBlock[] {
  const bins: ScoredOutcome[][] = [];
  for (const one of sorted) {
    const bin = bins.at(-1);
    if (bin && (bin.length < binSize || bin.at(-1)?.score === one.score)) bin.push(one);
    else bins.push([one]);
  }
  const last = bins.at(-1);
  if (last && last.length < binSize && bins.length > 1) {
    bins.pop();
    bins.at(-1)?.push(...last);
  }
  return bins.map((bin) => {
    const score = bin.reduce((total, one) => total + one.score, 0) / bin.length;
    const right = bin.filter((one) => one.right).length;
    return { score, value: (right + score) / (bin.length + 1), weight: bin.length + 1 };
  });
}

function merge(a: IsotonicBlock, b: IsotonicBlock): IsotonicBlock {
  const weight = a.weight + b.weight;
  return {
    score: (a.score * a.weight + b.score * b.weight) / weight,
    value: (a.value * a.weight + b.value * b.weight) / weight,
    weight,
  };
}
