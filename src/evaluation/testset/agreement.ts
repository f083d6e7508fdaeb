/** What one annotator said about one item. */
export interface Label {
  item: string;
  annotator: string;
  /** Grade; names are numbered by whoever calls. */
  value: number;
}

export type Scale = 'nominal' | 'ordinal' | 'interval';

/** How far annotators agree. */
export interface Agreement {
  items: number;
  annotators: number;
  labels: number;
  /** Share of pairs of labels of one item that are equal; `null` without an item that two have labelled. */
  observed: number | null;
  /** Krippendorff's alpha: 1 full agreement, 0 chance, below 0 worse; `null` when nothing varies. */
  alpha: number | null;
  /** Fleiss' kappa; `null` unless every item has the same number of labels, at least two. */
  fleiss: number | null;
  /** Cohen's kappa of every two annotators over the items that both have labelled. */
  pairs: { annotators: [string, string]; items: number; kappa: number | null }[];
}

/** @param scale How far apart two different labels are. Cohen's kappa is weighted by it, Fleiss' is always nominal. */
export function measureAgreement(labels: readonly Label[], scale: Scale = 'nominal'): Agreement {
  const byItem = new Map<string, Map<string, number>>();
  for (const { item, annotator, value } of labels) {
    const own = byItem.get(item) ?? new Map<string, number>();
    own.set(annotator, value); // Who labels twice has changed their mind.
    byItem.set(item, own);
  }
  const annotators = [...new Set(labels.map(({ annotator }) => annotator))].sort();
  const units = [...byItem.values()].map((own) => [...own.values()]);
  const pairs = annotators.flatMap((one, index) =>
    annotators.slice(index + 1).map((other) => {
      const both = [...byItem.values()].flatMap((own) => {
        const [a, b] = [own.get(one), own.get(other)];
        return a === undefined || b === undefined ? [] : [[a, b] as const];
      });
      return { annotators: [one, other] as [string, string], items: both.length, kappa: cohenKappa(both, scale) };
    }),
  );
  return {
    items: byItem.size,
    annotators: annotators.length,
    labels: units.flat().length,
    observed: observedAgreement(units),
    alpha: krippendorffAlpha(units, scale),
    fleiss: fleissKappa(units),
    pairs,
  };
}

/**
 * Cohen's kappa (1960) of two annotators; on an ordinal or interval scale with squared distances (weighted kappa, Cohen
 * 1968). `null` without items, and when both always say the same one thing.
 */
export function cohenKappa(pairs: readonly (readonly [number, number])[], scale: Scale = 'nominal'): number | null {
  if (pairs.length === 0) return null;
  const distance = (a: number, b: number) => (scale === 'nominal' ? Number(a !== b) : (a - b) ** 2);
  let [observed, expected] = [0, 0];
  for (const [a] of pairs) for (const [, b] of pairs) expected += distance(a, b) / pairs.length ** 2;
  for (const [a, b] of pairs) observed += distance(a, b) / pairs.length;
  return expected === 0 ? null : 1 - observed / expected;
}

/** Fleiss' kappa (1971), for items with equally many labels, of any annotators. */
export function fleissKappa(units: readonly (readonly number[])[]): number | null {
  const raters = units[0]?.length ?? 0;
  if (raters < 2 || units.some((unit) => unit.length !== raters)) return null;
  const totals = countsOf(units.flat());
  let observed = 0;
  for (const unit of units) {
    let same = 0;
    for (const count of countsOf(unit).values()) same += count * (count - 1);
    observed += same / (raters * (raters - 1)) / units.length;
  }
  let chance = 0;
  for (const count of totals.values()) chance += (count / (units.length * raters)) ** 2;
  return chance === 1 ? null : (observed - chance) / (1 - chance);
}

/**
 * Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"): 1 - observed / expected
 * disagreement over all pairs of labels of one item. Items may lack labels; those with one do not count.
 */
export function krippendorffAlpha(units: readonly (readonly number[])[], scale: Scale = 'nominal'): number | null {
  const paired = units.filter((unit) => unit.length >= 2);
  const totals = countsOf(paired.flat());
  const values = [...totals.keys()].sort((a, b) => a - b);
  const distance = distanceOn(scale, values, totals);
  const count = paired.flat().length;
  let [observed, expected] = [0, 0];
  for (const unit of paired) {
    const counts = [...countsOf(unit)];
    for (const [a, n] of counts) for (const [b, m] of counts) observed += (n * m * distance(a, b)) / (unit.length - 1);
  }
  for (const a of values)
    for (const b of values) expected += (totals.get(a) ?? 0) * (totals.get(b) ?? 0) * distance(a, b);
  return expected === 0 ? null : 1 - ((count - 1) * observed) / expected;
}

/** Squared distance of two labels; on an ordinal scale by how many labels lie between them. */
function distanceOn(scale: Scale, values: readonly number[], totals: ReadonlyMap<number, number>) {
  if (scale === 'nominal') return (a: number, b: number) => Number(a !== b);
  if (scale === 'interval') return (a: number, b: number) => (a - b) ** 2;
  return (a: number, b: number) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    const between = values.filter((value) => value >= low && value <= high);
    const sum = between.reduce((total, value) => total + (totals.get(value) ?? 0), 0);
    return (sum - ((totals.get(low) ?? 0) + (totals.get(high) ?? 0)) / 2) ** 2;
  };
}

function observedAgreement(units: readonly (readonly number[])[]): number | null {
  let [same, all] = [0, 0];
  for (const unit of units) {
    all += (unit.length * (unit.length - 1)) / 2;
    for (const count of countsOf(unit).values()) same += (count * (count - 1)) / 2;
  }
  return all === 0 ? null : same / all;
}

function countsOf(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** One grade for each item: the median of its labels, the lower of two middle ones. */
export function medianLabels(labels: readonly Label[]): Map<string, number> {
  const byItem = new Map<string, Map<string, number>>();
  for (const { item, annotator, value } of labels) {
    const own = byItem.get(item) ?? new Map<string, number>();
    byItem.set(item, own.set(annotator, value));
  }
  return new Map(
    [...byItem].map(([item, own]) => {
      const sorted = [...own.values()].sort((a, b) => a - b);
      return [item, sorted[Math.floor((sorted.length - 1) / 2)] ?? 0];
    }),
  );
}
