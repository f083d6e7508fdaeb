/**
 * ROUGE-L: F1 of the longest common subsequence of words (Lin 2004, "ROUGE: A Package for Automatic Evaluation of
 * Summaries", eq. 2 to 4 with beta = 1), 0..1; the best over the gold answers, 0 without any. No stemming.
 *
 * Equal to Google's `rouge-score` on ASCII text. That package drops every other letter; here words are letters and digits
 * of any script, and each Han, Hiragana, Katakana or Thai character is a word of its own.
 */
export function rougeL(prediction: string, golds: readonly string[]): number {
  const predicted = rougeWords(prediction);
  return Math.max(0, ...golds.map((gold) => subsequenceF1(predicted, rougeWords(gold))));
}

const UNSPACED = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}';
const WORDS = new RegExp(`[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+`, 'gu');

export const rougeWords = (text: string): string[] => text.toLowerCase().match(WORDS) ?? [];

function subsequenceF1(predicted: readonly string[], gold: readonly string[]): number {
  if (predicted.length === 0 || gold.length === 0) return 0;
  const common = longestCommonSubsequence(predicted, gold);
  return (2 * common) / (predicted.length + gold.length);
}

/** Length of the longest sequence of words that both have in this order; one row of the table at a time. */
function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  for (const word of a) {
    const row = new Uint32Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      row[j] = word === b[j - 1] ? (above[j - 1] ?? 0) + 1 : Math.max(above[j] ?? 0, row[j - 1] ?? 0);
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
