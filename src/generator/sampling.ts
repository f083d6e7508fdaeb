/** Numbers in [0, 1) that are the same for the same seed (sfc32, seeded by FNV-1a over the text). */
export function seededRandom(seed: string): () => number {
  let hash = 0x811c9dc5;
  const next = (character: number) => {
    hash = Math.imul(hash ^ character, 0x01000193) >>> 0;
    return hash;
  };
  for (let i = 0; i < seed.length; i++) next(seed.charCodeAt(i));
  let [a, b, c, d] = [next(1), next(2), next(3), 1];
  const random = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) random(); // The first numbers still show the seed.
  return random;
}

/** log(sum(exp(logits))). A logit minus this is a natural-log probability. */
export function logSumExp(logits: Float32Array): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return highest + Math.log(sum);
}

/** Ids that are tried by descending logit before all of them are asked. */
const TRIES = 24;

/** The likeliest id that is allowed. At least one must be. */
export function greedyChoice(logits: Float32Array, allows: (id: number) => boolean): number {
  const refused = new Set<number>();
  while (refused.size < TRIES) {
    const best = highest(logits, (id) => !refused.has(id));
    if (best < 0 || allows(best)) return best;
    refused.add(best);
  }
  return highest(logits, (id) => !refused.has(id) && allows(id));
}

function highest(logits: Float32Array, isCounted: (id: number) => boolean): number {
  let best = -1;
  let bestLogit = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? Number.NEGATIVE_INFINITY;
    if (logit > bestLogit && isCounted(id)) {
      best = id;
      bestLogit = logit;
    }
  }
  return best;
}

export interface SamplingOptions {
  /** Above 0. Lower is closer to greedy. */
  temperature: number;
  /** Samples from the likeliest ids that together have this probability, 0..1. */
  topP: number;
}

/** Natural-log probability below the best at which an id is not worth asking for. */
const NEGLIGIBLE = 12;

/** A random id among the likeliest that are allowed. */
export function sampledChoice(
  logits: Float32Array,
  allows: (id: number) => boolean,
  random: () => number,
  { temperature, topP }: SamplingOptions,
): number {
  const best = greedyChoice(logits, allows);
  const top = logits[best] ?? 0;
  const options: { id: number; weight: number }[] = [];
  for (let id = 0; id < logits.length; id++) {
    const scaled = ((logits[id] ?? 0) - top) / temperature;
    // What is likelier than the best allowed id is not allowed.
    if (scaled > 0 || scaled < -NEGLIGIBLE || !allows(id)) continue;
    options.push({ id, weight: Math.exp(scaled) });
  }
  options.sort((x, y) => y.weight - x.weight);
  const all = options.reduce((sum, { weight }) => sum + weight, 0);
  let kept = 0;
  const nucleus = options.filter(({ weight }) => {
    const isIn = kept < topP * all;
    if (isIn) kept += weight;
    return isIn;
  });
  let left = random() * kept;
  for (const { id, weight } of nucleus) {
    left -= weight;
    if (left < 0) return id;
  }
  return best;
}
