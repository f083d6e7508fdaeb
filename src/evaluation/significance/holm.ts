/** Holm's step-down adjustment of the p-values of one family of tests (Holm 1979), in their order. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted: number[] = new Array(pValues.length);
  let highest = 0;
  for (const [position, index] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (pValues.length - position) * (pValues[index] as number)));
    adjusted[index] = highest;
  }
  return adjusted;
}
