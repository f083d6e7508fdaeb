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

/** The likeliest id that is allowed, or -1. */
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
