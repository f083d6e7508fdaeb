/** Log-odds of a probability, cut at 0.0001 and 0.9999 so that one certain feature cannot decide alone. */
export function logOdds(probability: number): number {
  const cut = Math.min(1 - 1e-4, Math.max(1e-4, probability));
  return Math.log(cut / (1 - cut));
}
