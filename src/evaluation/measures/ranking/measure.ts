import type { JudgedRanking } from '../../judgements.js';

/** A value that a parameter of a measure can have. */
export type ParameterValue = number | string | boolean | ReadonlyMap<number, number>;

export interface ParameterSpec {
  type: 'integer' | 'number' | 'boolean' | 'grades' | readonly string[];
  /** Absent: the parameter has no default. */
  default?: ParameterValue;
  required?: boolean;
}

/** What a measure says about one topic. */
export type TopicMeasure = (ranking: JudgedRanking) => number | null;

/**
 * A measure of rankings, named as in ir_measures. Which documents count as relevant is the grade `rel` (1 by default), how
 * deep it looks the `cutoff`, written `@10`.
 */
export interface RankingMeasure {
  name: string;
  /** Other names it is known by. */
  aliases?: readonly string[];
  /** One line for people. */
  description: string;
  parameters: Readonly<Record<string, ParameterSpec>>;
  /** Parameter that `@` sets. @default 'cutoff' */
  at?: string;
  /** How topics are put together. @default 'mean' */
  aggregate?: 'mean' | 'sum';
  /**
   * The measure with its parameters. What it returns gives the value of a topic, or `null` where it is not defined. An
   * empty ranking is that of a topic the run does not have.
   */
  with(parameters: Parameters): TopicMeasure;
}

/** Parameters as given, with defaults filled in. */
export class Parameters {
  readonly #values: ReadonlyMap<string, ParameterValue>;

  constructor(values: ReadonlyMap<string, ParameterValue>) {
    this.#values = values;
  }

  number(name: string, otherwise = Number.NaN): number {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : otherwise;
  }

  /** `undefined` when it was not given and has no default. */
  optional(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  text(name: string): string {
    return String(this.#values.get(name));
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  grades(name: string): ReadonlyMap<number, number> | undefined {
    const value = this.#values.get(name);
    return value instanceof Map ? value : undefined;
  }

  /** Rank at which the measure stops looking. */
  get cutoff(): number {
    return this.number('cutoff', Number.POSITIVE_INFINITY);
  }

  /** Lowest grade that counts as relevant. */
  get rel(): number {
    return this.number('rel', 1);
  }
}

export const REL: ParameterSpec = { type: 'integer', default: 1 };
export const CUTOFF: ParameterSpec = { type: 'integer' };
export const REQUIRED_CUTOFF: ParameterSpec = { type: 'integer', required: true };
export const JUDGED_ONLY: ParameterSpec = { type: 'boolean', default: false };

/** How many of the first documents have at least a grade. */
export function relevantWithin(grades: Int32Array, cutoff: number, rel: number): number {
  const end = Math.min(cutoff, grades.length);
  let count = 0;
  for (let rank = 0; rank < end; rank++) if ((grades[rank] as number) >= rel) count += 1;
  return count;
}

/** A share that is 0 where there is nothing to share. */
export const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

let discounts = new Float64Array(0);

/** 1 / log2(rank + 2) for the ranks from 0 up to a length. */
export function logDiscounts(length: number): Float64Array {
  if (discounts.length < length) {
    discounts = new Float64Array(Math.max(1024, 2 * length));
    for (let rank = 0; rank < discounts.length; rank++) discounts[rank] = 1 / Math.log2(rank + 2);
  }
  return discounts;
}
