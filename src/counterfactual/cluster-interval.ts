/** A value with its 95 % interval. */
export interface ValueEstimate {
  value: number;
  low: number;
  high: number;
  standardError: number;
}

export const Z_95 = 1.959963984540054;

/**
 * The mean of terms with a normal 95 % interval whose variance is taken over clusters (Liang and Zeger 1986): the rounds of
 * one user or session are not independent. `null` for fewer than two clusters, which say nothing about variance.
 *
 * @param clusters One for each term; equal ones belong together. @default each term alone
 */
export function clusteredMean(terms: readonly number[], clusters?: readonly string[]): ValueEstimate | null {
  const count = terms.length;
  if (count === 0) return null;
  const value = terms.reduce((sum, term) => sum + term, 0) / count;
  const standardError = clusteredError(
    terms.map((term) => term - value),
    clusters,
  );
  return standardError === null ? null : intervalOf(value, standardError);
}

export const intervalOf = (value: number, standardError: number): ValueEstimate => ({
  value,
  low: value - Z_95 * standardError,
  high: value + Z_95 * standardError,
  standardError,
});

/** Standard error of a mean from the deviations of its terms, which add up to about 0; `null` for fewer than two clusters. */
export function clusteredError(deviations: readonly number[], clusters?: readonly string[]): number | null {
  const sums = new Map<string | number, number>();
  for (const [index, deviation] of deviations.entries()) {
    const cluster = clusters?.[index] ?? index;
    sums.set(cluster, (sums.get(cluster) ?? 0) + deviation);
  }
  if (sums.size < 2) return null;
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  return Math.sqrt((squares * sums.size) / (sums.size - 1)) / deviations.length;
}
