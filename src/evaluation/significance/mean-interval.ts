import { percentile } from '../measures/percentile.js';
import { randomWords } from './randomisation.js';
import { meanOfValues } from './t-test.js';

export interface Interval {
  low: number;
  high: number;
}

/**
 * How often each topic is drawn in each resample of so many topics, drawn with replacement. Shared by all comparisons: it
 * is the drawing that takes time, and with the same resamples intervals can be compared.
 *
 * @returns `resamples` rows of `topics` counts.
 */
export function drawResamples(topics: number, resamples: number, seed: number): Uint8Array {
  const counts = new Uint8Array(topics * resamples);
  const random = randomWords(seed);
  const scale = topics / 2 ** 32;
  for (let row = 0; row < counts.length; row += topics)
    for (let draw = 0; draw < topics; draw++) {
      const at = row + Math.floor(random() * scale);
      counts[at] = (counts[at] as number) + 1;
    }
  return counts;
}

/** 95 % percentile bootstrap interval of the mean, by topic. Without topics both ends are 0. */
export function meanInterval(values: Float64Array, resamples: Uint8Array): Interval {
  const topics = values.length;
  if (topics === 0) return { low: 0, high: 0 };
  if (values.every((value) => value === values[0])) return { low: meanOfValues(values), high: meanOfValues(values) };
  const means = new Float64Array(resamples.length / topics);
  for (let row = 0, at = 0; row < means.length; row++) {
    let sum = 0;
    for (let topic = 0; topic < topics; topic++, at++) sum += (resamples[at] as number) * (values[topic] as number);
    means[row] = sum / topics;
  }
  means.sort();
  return { low: percentileOfSorted(means, 0.025), high: percentileOfSorted(means, 0.975) };
}

function percentileOfSorted(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  // The neighbours are all it needs.
  const neighbours = sorted.subarray(Math.floor(position), Math.floor(position) + 2);
  return percentile(Array.from(neighbours), position - Math.floor(position)) ?? 0;
}
