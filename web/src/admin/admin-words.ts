import type { AdminTexts } from './admin-texts.js';
import type { PromiseStatus } from './admin-types.js';

/** What is true of the promise about shown answers, and why, in a sentence or two. */
export function promiseWords(
  { state, because, threshold, targetPrecision, confidences, feedback }: PromiseStatus,
  { stateWords, because: causes, percent }: AdminTexts,
): string {
  const why = causes[because ?? 'population'];
  switch (state) {
    case 'holds':
      return feedback.precision !== null && feedback.precision < targetPrecision
        ? stateWords.notRefuted(percent(targetPrecision))
        : stateWords.holds(percent(targetPrecision));
    case 'unknown':
      return stateWords.unknown(confidences);
    case 'raised':
      return `${why} ${stateWords.raised(percent(threshold))}`;
    case 'off':
      return `${why} ${stateWords.off}`;
  }
}

/** By custom: below 0.1 nothing has changed, from 0.25 on the population is another one. */
export function stabilityWords(index: number | null, { stabilityWords: words }: AdminTexts): string {
  if (index === null) return words.unknown;
  const meaning = index < 0.1 ? words.same : index < 0.25 ? words.different : words.other;
  return `${index.toFixed(3)} (${meaning})`;
}
