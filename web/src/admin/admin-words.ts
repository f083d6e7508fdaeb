import type { PromiseStatus } from './admin-types.js';

export const percent = (share: number | null) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);

/** What is true of the promise about shown answers, and why, in a sentence or two. */
export function promiseWords({ state, because, threshold, targetPrecision, confidences }: PromiseStatus): string {
  const why =
    because === 'feedback'
      ? 'Too many of the answers that were judged of late were wrong.'
      : 'The queries of late are others than those of the calibration.';
  switch (state) {
    case 'holds':
      return `Nothing that was seen speaks against it: ${percent(targetPrecision)} of the shown answers are right.`;
    case 'unknown':
      return `Too little was seen to say whether it holds (${confidences} answers looked at).`;
    case 'raised':
      return `${why} Only answers from a confidence of ${percent(threshold)} on are shown.`;
    case 'off':
      return `${why} No answer is shown at present.`;
  }
}

/** By custom: below 0.1 nothing has changed, from 0.25 on the population is another one. */
export function stabilityWords(index: number | null): string {
  if (index === null) return 'unknown';
  const meaning = index < 0.1 ? 'as at the calibration' : index < 0.25 ? 'somewhat different' : 'other queries come';
  return `${index.toFixed(3)} (${meaning})`;
}
