/** One yes-or-no question asked of a text: a logistic regression over hashed and named features. */
export interface LinearHead {
  intercept: number;
  /** Of each bucket, 2^bits of them; times `scale`. */
  weights: Int8Array;
  scale: number;
  /** By name of a feature that is no word; what is missing counts 0. */
  named: Readonly<Record<string, number>>;
}

/**
 * P(yes), 0..1. Each bucket counts 1 / sqrt(buckets), so that a long text weighs no more than a short one.
 *
 * @param buckets Of `hashedFeatures`, with the bits of the model.
 */
export function probabilityOf(
  { intercept, weights, scale, named }: LinearHead,
  buckets: readonly number[],
  features: Readonly<Record<string, number>> = {},
): number {
  let sum = 0;
  for (const bucket of buckets) sum += weights[bucket] ?? 0;
  let logit = intercept + (sum * scale) / Math.sqrt(Math.max(1, buckets.length));
  for (const [name, weight] of Object.entries(named)) logit += weight * (features[name] ?? 0);
  return 1 / (1 + Math.exp(-logit));
}
