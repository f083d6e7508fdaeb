import type { Comparison } from '../compare-runs.js';

/** A value of a measure with four decimals, as trec_eval prints it; counts as whole numbers. */
export function formatValue(value: number | null | undefined, aggregate: 'mean' | 'sum' = 'mean'): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '-';
  return aggregate === 'sum' ? String(value) : value.toFixed(4);
}

/** With its sign, so that gain and loss are told apart. */
export function formatDifference(value: number): string {
  const text = Math.abs(value).toFixed(4);
  return Number(text) === 0 ? text : `${value < 0 ? '-' : '+'}${text}`;
}

/** A share in percent with one decimal, `-` where there is none. */
export const formatShare = (share: number | null | undefined): string =>
  share == null ? '-' : `${(100 * share).toFixed(1)} %`;

/** Three decimals, or `<0.001`. */
export function formatP(pValue: number): string {
  return pValue < 0.001 ? '<0.001' : pValue.toFixed(3);
}

/** Whether a difference is significant at 5 % after Holm's adjustment, by the randomisation test. */
export const isSignificant = ({ randomisation }: Comparison) => randomisation.holmPValue < 0.05;
