import type { AnswerCheck } from '../answer-check.js';

/** A checker that finds support less likely than this has found none. */
const MIN_ENTAILMENT = 0.5;

/** The quote says what the answer says, by a checker of its own; passes where none is loaded. */
export const entailedByQuote: AnswerCheck = {
  name: 'entailed-by-quote',
  fault({ entailment }) {
    if (entailment === null || entailment >= MIN_ENTAILMENT) return null;
    return `support has probability ${entailment.toFixed(3)}, expected at least ${MIN_ENTAILMENT}`;
  },
};
