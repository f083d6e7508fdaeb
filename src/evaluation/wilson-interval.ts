const Z_95 = 1.959963984540054;

/**
 * 95 % interval of a share (Wilson 1927): unlike the bootstrap it is honest at 0 of n and n of n. `null` without trials.
 *
 * @param successes 0..trials.
 */
export function wilsonInterval(successes: number, trials: number): { low: number; high: number } | null {
  if (trials === 0) return null;
  const share = successes / trials;
  const square = Z_95 ** 2 / trials;
  const centre = (share + square / 2) / (1 + square);
  const half = (Z_95 / (1 + square)) * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
