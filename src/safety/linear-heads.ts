/** One yes-or-no question asked of a text: a logistic regression over hashed words, named features and the text's vector. */
export interface LinearHead {
  intercept: number;
  /** Of each bucket, 2^bits of them; times `scale`. */
  weights: Int8Array;
  scale: number;
  /** By name of a feature that is no word; what is missing counts 0. */
  named: Readonly<Record<string, number>>;
  /** Of each number of the vector; times `denseScale`. Empty for a head that needs no vector. */
  dense: Int8Array;
  denseScale: number;
}

/** What a head sees of a text. */
export interface TextFeatures {
  /** Of `hashedFeatures`, with the bits of the model. */
  buckets: readonly number[];
  /** @default all 0 */
  named?: Readonly<Record<string, number>>;
  /** Unit vector of the embedder that the model names, as long as `dense`. @default none */
  vector?: Float32Array;
}

/** P(yes), 0..1. Each bucket counts 1 / sqrt(buckets), so that a long text weighs no more than a short one. */
export function probabilityOf(head: LinearHead, { buckets, named = {}, vector }: TextFeatures): number {
  let sum = 0;
  for (const bucket of buckets) sum += head.weights[bucket] ?? 0;
  let logit = head.intercept + (sum * head.scale) / Math.sqrt(Math.max(1, buckets.length));
  for (const [name, weight] of Object.entries(head.named)) logit += weight * (named[name] ?? 0);
  if (vector) logit += head.denseScale * head.dense.reduce((dot, weight, at) => dot + weight * (vector[at] ?? 0), 0);
  return 1 / (1 + Math.exp(-logit));
}
