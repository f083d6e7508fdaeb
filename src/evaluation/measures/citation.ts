import { normaliseAnswer } from '../../answer-text.js';

/**
 * Whether a quote holds one of the gold answers: letter by letter, or as whole words after normalisation. False without
 * gold answers.
 */
export function quoteHoldsAnswer(quote: string, golds: readonly string[]): boolean {
  const words = ` ${normaliseAnswer(quote)} `;
  return golds.some((gold) => {
    const wanted = normaliseAnswer(gold);
    return wanted !== '' && (quote.includes(gold.trim()) || words.includes(` ${wanted} `));
  });
}
