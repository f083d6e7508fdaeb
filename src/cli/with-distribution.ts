import type { Calibrator } from '../reward/calibrator.js';
import { distributionOf } from '../reward/population-stability.js';

/** For a calibrator that is to be watched. */
export function withDistribution(outcomes: readonly { confidence: number }[]): Pick<Calibrator, 'distribution'> {
  const found = distributionOf(outcomes.map(({ confidence }) => confidence));
  return found ? { distribution: { edges: [...found.edges], shares: [...found.shares] } } : {};
}
