import { seededRandom, shuffled } from '../random.js';

/** A query of a log and how often it was asked. */
export interface LoggedQuery {
  query: string;
  /** At least 1. */
  count: number;
}

/** A query of a sample. */
export interface SampledQuery extends LoggedQuery {
  /** `head`, `torso` or `tail` by traffic; `all` in an unstratified sample. */
  stratum: string;
  /** Chance it had to be drawn, above 0 up to 1. */
  inclusionProbability: number;
  /**
   * What it counts for in a mean over requests, so that the sample speaks for the traffic: its share of it / its chance to
   * be drawn (Horvitz and Thompson 1952). The weights of a sample add up to about 1.
   */
  weight: number;
}

export interface SampleOptions {
  size: number;
  /**
   * `frequency`: probability proportional to how often a query was asked; the sample looks like the traffic. `uniform`:
   * every distinct query alike; mostly rare ones. `stratified`: as many each from head, torso and tail.
   *
   * @default 'frequency'
   */
  method?: 'frequency' | 'uniform' | 'stratified';
  /** @default 1 */
  seed?: number;
}

/** Shares of the traffic at which head and torso end: the most asked queries with a third of it are the head. */
const STRATA = [
  ['head', 1 / 3],
  ['torso', 2 / 3],
  ['tail', 1],
] as const;

/** The same query in other case or spacing is one; the most frequent spelling stands for it. */
export function countQueries(queries: Iterable<LoggedQuery>): LoggedQuery[] {
  const spellings = new Map<string, Map<string, number>>();
  for (const { query, count } of queries) {
    const text = query.normalize('NFC').replace(/\s+/g, ' ').trim();
    if (text === '') continue;
    const key = text.toLowerCase();
    const own = spellings.get(key) ?? new Map<string, number>();
    own.set(text, (own.get(text) ?? 0) + count);
    spellings.set(key, own);
  }
  return [...spellings.values()]
    .map((own) => {
      const [query] = [...own].reduce((best, each) => (each[1] > best[1] ? each : best));
      return { query, count: [...own.values()].reduce((sum, count) => sum + count, 0) };
    })
    .sort((a, b) => b.count - a.count || (a.query < b.query ? -1 : 1));
}

/**
 * Draws queries without replacement, with known chances.
 *
 * @param queries Distinct, as {@link countQueries} gives them.
 */
export function sampleLoggedQueries(queries: readonly LoggedQuery[], options: SampleOptions): SampledQuery[] {
  const { size, method = 'frequency', seed = 1 } = options;
  const traffic = queries.reduce((sum, { count }) => sum + count, 0);
  const draw = (part: readonly LoggedQuery[], wanted: number, stratum: string, by: (query: LoggedQuery) => number) =>
    systematicSample(part, wanted, by, seed).map(
      ({ item, inclusionProbability }): SampledQuery => ({
        ...item,
        stratum,
        inclusionProbability,
        weight: item.count / traffic / inclusionProbability,
      }),
    );
  if (method !== 'stratified')
    return draw(queries, size, 'all', method === 'frequency' ? ({ count }) => count : () => 1);
  const strata = byTraffic(queries, traffic);
  // What a small stratum cannot give, the others do.
  let left = size;
  const order = [...strata].sort(([, a], [, b]) => a.length - b.length);
  const wanted = new Map<string, number>();
  for (const [index, [name, part]] of order.entries()) {
    const share = Math.min(part.length, Math.floor(left / (order.length - index)));
    wanted.set(name, share);
    left -= share;
  }
  return [...strata].flatMap(([name, part]) => draw(part, wanted.get(name) ?? 0, name, () => 1));
}

function byTraffic(queries: readonly LoggedQuery[], traffic: number): Map<string, LoggedQuery[]> {
  const strata = new Map<string, LoggedQuery[]>(STRATA.map(([name]) => [name, []]));
  let before = 0;
  for (const query of [...queries].sort((a, b) => b.count - a.count)) {
    const [name] = STRATA.find(([, end]) => before / traffic < end) ?? ['tail'];
    strata.get(name)?.push(query);
    before += query.count;
  }
  return strata;
}

/** The comb's start must not hang on the order of the items, which comes from the same seed. */
const COMB = 0x5bf03635;

/**
 * Systematic sampling with unequal chances (Madow 1949): items are laid side by side by their size in random order, and a
 * comb with a random start picks. Every item's chance is exactly `wanted` x size / all sizes; items too large for that are
 * certain and are taken first.
 */
export function systematicSample<T>(
  items: readonly T[],
  wanted: number,
  sizeOf: (item: T) => number,
  seed: number,
): { item: T; inclusionProbability: number }[] {
  let left = shuffled(items, seed);
  const certain: T[] = [];
  for (;;) {
    const total = left.reduce((sum, item) => sum + sizeOf(item), 0);
    const places = wanted - certain.length;
    const tooLarge = left.filter((item) => sizeOf(item) * places >= total);
    if (places <= 0 || tooLarge.length === 0) {
      const picked = comb(left, places, sizeOf, total, seededRandom(seed ^ COMB));
      return [...certain.map((item) => ({ item, inclusionProbability: 1 })), ...picked];
    }
    certain.push(...tooLarge);
    left = left.filter((item) => !tooLarge.includes(item));
  }
}

function comb<T>(
  items: readonly T[],
  places: number,
  sizeOf: (item: T) => number,
  total: number,
  random: () => number,
) {
  const picked: { item: T; inclusionProbability: number }[] = [];
  if (places <= 0) return picked;
  const step = total / places;
  let next = random() * step;
  let end = 0;
  for (const item of items) {
    end += sizeOf(item);
    if (next >= end) continue;
    picked.push({ item, inclusionProbability: sizeOf(item) / step });
    next += step;
  }
  return picked;
}
