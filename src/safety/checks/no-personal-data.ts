import type { AnswerCheck } from '../answer-check.js';

/** Each finds data that names or reaches one person; what has a check digit is held against it. */
const KINDS: readonly (readonly [string, RegExp, ((match: string) => boolean)?])[] = [
  ['an e-mail address', /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu],
  ['a card number', /(?<!\d)(?:\d[ -]?){13,19}(?!\d)/gu, isCardNumber],
  ['an IBAN', /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/gu, isIban],
  ['a social security number', /(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/gu],
  ['an identity number', /(?<!\d)\d{17}[\dXx](?!\d)/gu, isChineseId],
  ['a telephone number', /(?<![\d.])(?:\+\d{1,3}[ -]?)(?:\(?\d{1,4}\)?[ -]?){2,5}\d{2,4}(?!\d)/gu],
  ['a telephone number', /(?<![\d.-])(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?!\d)/gu],
  ['a telephone number', /(?<!\d)1[3-9]\d{9}(?!\d)/gu],
];

/** Neither answer nor quote shows personal data, unless the document's own policy is to show it. */
export const noPersonalData: AnswerCheck = {
  name: 'no-personal-data',
  fault({ text, citation, source }) {
    if (source?.personalData === 'show') return null;
    const kind = personalDataIn(`${text}\n${citation.quote}`);
    return kind === null ? null : `it holds ${kind}`;
  },
};

/** The first kind of personal data in a text, for people; `null` when there is none. */
export function personalDataIn(text: string): string | null {
  const found = KINDS.find(([, pattern, isOne = () => true]) =>
    (text.match(pattern) ?? []).some((match) => isOne(match)),
  );
  return found?.[0] ?? null;
}

/** Luhn's check digit. */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return digits.length >= 13 && sum % 10 === 0 && !/^(\d)\1+$/.test(digits);
}

/** ISO 13616: the rest by 97 is 1. */
function isIban(text: string): boolean {
  const plain = text.replaceAll(' ', '');
  const digits = (plain.slice(4) + plain.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}

/** GB 11643: weighted sum by 11. */
function isChineseId(text: string): boolean {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, index) => total + weight * Number(text[index]), 0);
  return '10X98765432'[sum % 11] === text[17]?.toUpperCase();
}
