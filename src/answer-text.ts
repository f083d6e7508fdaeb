/** When two short answers say the same: SQuAD's normalisation, the same as `training/rlhf/squad.py`. Imports nothing. */

// ASCII only, as in SQuAD's own script: other punctuation and symbols stay.
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// `\b` knows ASCII letters only; without the look-around, the last letter of "Málaga" could pass for an article.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** Lower case, no punctuation, no articles, single blanks. May be empty. */
export function normaliseAnswer(text: string): string {
  return answerTokens(text).join(' ');
}

/** The words of a normalised answer. */
export function answerTokens(text: string): string[] {
  return text
    .toLowerCase()
    .replace(PUNCTUATION, '')
    .replace(ARTICLES, ' ')
    .split(/\s+/)
    .filter((token) => token !== '');
}
