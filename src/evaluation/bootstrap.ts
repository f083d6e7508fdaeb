import { percentile } from './measures/percentile.js';
import { seededRandom } from './random.js';

/** A figure with its 95 % interval. All `null` when it is not defined, such as a precision when nothing was shown. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
}

/** A figure of a sample; `null` when the sample does not define it. */
export type Measure<T> = (sample: readonly T[]) => number | null;

export interface BootstrapOptions {
  /** @default 1000 */
  resamples?: number;
  /** @default 1 */
  seed?: number;
}

/**
 * Percentile bootstrap: every measure on the items and on resamples of them, drawn with replacement; `low` and `high` are
 * the 2.5th and 97.5th percentile. All measures see the same resamples, each in the order of the items.
 */
export function bootstrap<T, Name extends string>(
  items: readonly T[],
  measures: Readonly<Record<Name, Measure<T>>>,
  { resamples = 1000, seed = 1 }: BootstrapOptions = {},
): Record<Name, Estimate> {
  const names = Object.keys(measures) as Name[];
  const drawn = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const random = seededRandom(seed);
  for (let round = 0; round < (items.length === 0 ? 0 : resamples); round++) {
    const sample = resample(items, random);
    for (const name of names) {
      const value = measures[name](sample);
      if (value !== null) drawn[name].push(value);
    }
  }
  const estimate = (name: Name): Estimate => {
    const value = measures[name](items);
    if (value === null) return { value, low: null, high: null };
    return { value, low: percentile(drawn[name], 0.025), high: percentile(drawn[name], 0.975) };
  };
  return Object.fromEntries(names.map((name) => [name, estimate(name)])) as Record<Name, Estimate>;
}

/** In the order of the items, so that what is sorted stays sorted. */
function resample<T>(items: readonly T[], random: () => number): T[] {
  const counts = new Uint16Array(items.length);
  for (let draw = 0; draw < items.length; draw++) {
    const index = Math.floor(random() * items.length);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  const sample: T[] = [];
  for (const [index, item] of items.entries()) for (let copy = counts[index] ?? 0; copy > 0; copy--) sample.push(item);
  return sample;
}

/** The mean of a value over the items that have one (`null` = does not count); `null` when none has. */
export function meanOf<T>(value: (item: T) => number | null): Measure<T> {
  return (sample) => {
    let [sum, count] = [0, 0];
    for (const item of sample) {
      const one = value(item);
      if (one === null) continue;
      sum += one;
      count += 1;
    }
    return count === 0 ? null : sum / count;
  };
}
