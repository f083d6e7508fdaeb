import { type AnswerValue, valuesOf } from '../../answer-values.js';
import type { AnswerCheck } from '../answer-check.js';

/** Every number, date and unit of the answer is in the quote, in whatever notation. */
export const valuesInQuote: AnswerCheck = {
  name: 'values-in-quote',
  fault({ text, citation }) {
    const quoted = valuesOf(citation.quote);
    const missing = valuesOf(text).find((value) => !quoted.some((other) => holds(other, value)));
    return missing ? `${[missing.value, missing.unit].filter(Boolean).join(' ')} is not in the quote` : null;
  },
};

/** The quote may be more exact about a date, and name a unit that the answer leaves out; never the other way round. */
function holds(quoted: AnswerValue, answered: AnswerValue): boolean {
  if (quoted.kind === 'number' && answered.kind === 'number')
    return quoted.value === answered.value && (answered.unit === '' || quoted.unit === answered.unit);
  return quoted.kind === 'date' && `-${quoted.value}-`.includes(`-${answered.value}-`);
}
