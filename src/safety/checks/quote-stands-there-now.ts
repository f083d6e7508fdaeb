import type { AnswerCheck } from '../answer-check.js';

/** The quote is in the document letter by letter, at the place it names, as the document is stored now. */
export const quoteStandsThereNow: AnswerCheck = {
  name: 'quote-stands-there-now',
  fault({ citation: { quote, start, end }, source }) {
    if (source === null) return 'the document is gone, or hidden from the caller';
    if (quote === '' || start < 0 || end - start !== quote.length) return 'the citation names no text';
    return source.excerpt === quote ? null : 'the document says something else there now';
  },
};
