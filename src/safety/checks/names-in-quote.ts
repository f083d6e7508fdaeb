import type { AnswerCheck } from '../answer-check.js';

/** Words that begin an answer, and words of dates and numbers, which are held against the quote by their value. */
const NO_NAME = new RegExp(
  '^(?:a|an|the|in|on|at|by|of|to|from|for|with|and|or|it|he|she|they|yes|no|because|about|after|before|' +
    'january|february|march|april|may|june|july|august|september|october|november|december|' +
    'one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion)$',
);

const plain = (text: string) => text.normalize('NFKC').toLowerCase();

/** Every name of the answer is in the quote: words with a capital letter, and runs of a script that has none. */
export const namesInQuote: AnswerCheck = {
  name: 'names-in-quote',
  fault({ text, citation }) {
    const quoted = plain(citation.quote);
    const words = new Set(quoted.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []);
    const missing = namesOf(text).find((name) =>
      /\p{Script=Han}/u.test(name) ? !quoted.includes(name) : !words.has(name),
    );
    return missing === undefined ? null : `${missing} is not in the quote`;
  },
};

function namesOf(text: string): string[] {
  const latin = text.normalize('NFKC').match(/(?<![\p{L}\p{M}\p{N}])\p{Lu}[\p{L}\p{M}\p{N}]*/gu) ?? [];
  const han = text.normalize('NFKC').match(/\p{Script=Han}{2,}/gu) ?? [];
  return [...latin.map(plain).filter((word) => !NO_NAME.test(word)), ...han];
}
