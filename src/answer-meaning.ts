import { answerTokens } from './answer-text.js';
import { type AnswerValue, valuesOf, withNormalValues } from './answer-values.js';

/** When two short answers mean the same, and when one denies the other. By rules for values; other words by their letters. */

/**
 * Normal form of what an answer says: numbers as digits, dates as ISO 8601, units by one name; then SQuAD's normalisation.
 * `4 July 1776` and `July 4, 1776`, `six kilometres` and `6 km` have the same one.
 */
export function meaningOf(text: string): string {
  // A full stop inside a number, the sign of a unit and the hyphens of a date would fall to the normalisation.
  const kept = withNormalValues(text)
    .replace(/(?<=\d)\.(?=\d)/g, 'point')
    .replace(/%/g, ' percent ');
  return answerTokens(kept).join(' ');
}

export const meansTheSame = (a: string, b: string): boolean => meaningOf(a) === meaningOf(b);

/**
 * Whether at most one of two answers to the same question can be right: both give values of the same kind and unit, and
 * these differ. A value that is part of the other (`1776` and `4 July 1776`), and one that is rounded or belongs to a list
 * that holds it, is no contradiction. Names never contradict: a question may have several right ones.
 */
export function contradicts(a: string, b: string): boolean {
  const [one, other] = [valuesOf(a), valuesOf(b)];
  if (one.length === 0 || other.length === 0 || meansTheSame(a, b)) return false;
  const [few, many] = one.length <= other.length ? [one, other] : [other, one];
  return few.some((value) => {
    const rivals = many.filter((rival) => isComparable(value, rival));
    return rivals.length > 0 && rivals.every((rival) => !isCompatible(value, rival));
  });
}

const isYear = ({ kind, value, unit }: AnswerValue) =>
  kind === 'number' && unit === '' && /^1\d{3}$|^20\d{2}$/.test(value);
const isTime = (value: AnswerValue) => value.kind === 'date' || isYear(value);

const isComparable = (a: AnswerValue, b: AnswerValue) =>
  (isTime(a) && isTime(b)) || (a.kind === b.kind && a.unit === b.unit);

function isCompatible(a: AnswerValue, b: AnswerValue): boolean {
  if (isTime(a) && isTime(b))
    return (
      a.value.startsWith(b.value) ||
      b.value.startsWith(a.value) ||
      a.value.endsWith(`-${b.value}`) ||
      b.value.endsWith(`-${a.value}`)
    );
  return isRounded(a.value, b.value) || isRounded(b.value, a.value);
}

/** `6900` is what is left of `6853` when it is rounded to as many digits as it shows. */
function isRounded(rough: string, exact: string): boolean {
  if (rough === exact) return true;
  const [roughNumber, exactNumber] = [Number(rough), Number(exact)];
  const digits = rough.replace('.', '').replace(/^0+/, '').replace(/0+$/, '').length;
  const exactDigits = exact.replace('.', '').replace(/^0+/, '').replace(/0+$/, '').length;
  return digits >= 2 && digits < exactDigits && Number(exactNumber.toPrecision(digits)) === roughNumber;
}
