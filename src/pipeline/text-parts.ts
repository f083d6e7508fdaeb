/** About as many words as the reranker reads beside a question. */
const WORDS = 110;

/**
 * A text in parts that a reranker reads whole, so that a long text is judged by its best part (MaxP, Dai and Callan 2019,
 * arXiv 1905.09217). The last part reaches back into the one before, so that it is as long as the others.
 *
 * @param most Parts at most, 1 or more; the text behind them is not read.
 * @returns One part at least, also of an empty text.
 */
export function textParts(text: string, most: number, words = WORDS): string[] {
  const starts = [...text.matchAll(/\S+/g)].map(({ index }) => index);
  if (starts.length <= words) return [text];
  const count = Math.min(most, Math.ceil(starts.length / words));
  return Array.from({ length: count }, (_, part) => {
    const from = Math.min(part * words, starts.length - words);
    return text.slice(starts[from], starts[from + words]).trimEnd();
  });
}
