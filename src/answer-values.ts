/**
 * Numbers with their units, and dates, as they stand in a short text, English or Chinese. Imports nothing.
 *
 * Meant for holding one text against another, so it errs towards finding less: what it cannot read is no value.
 */

/** A number with its unit, or a calendar date, in a form that equal values share. */
export interface AnswerValue {
  kind: 'number' | 'date';
  /** `1500000`, `12.5`; a date as far as it is given: `1776-07-04`, `1776-07`, `07-04`. */
  value: string;
  /** Normal form of the unit, such as `km` or `%`; empty for a bare number and for dates. */
  unit: string;
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const month = MONTHS.map((name) =>
  name === 'may' ? name : `${name}|${name.slice(0, 3)}${name === 'september' ? '|sept' : ''}`,
);
const MONTH = `(?:${month.join('|')})\\.?`;
const DAY = '(\\d{1,2})(?:st|nd|rd|th)?';
const YEAR = '(\\d{4})';

/** Each with the order of its groups; the longer forms first, so that none eats a part of another. */
const DATES: readonly (readonly [RegExp, (match: RegExpMatchArray) => (string | undefined)[]])[] = [
  [/(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/g, ([, y, m, d]) => [y, m, d]],
  [/(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]/g, ([, y, m, d]) => [y, m, d]],
  [/(\d{4})\s*年\s*(\d{1,2})\s*月/g, ([, y, m]) => [y, m]],
  [/(?<!\d)(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]/g, ([, m, d]) => [undefined, m, d]],
  [new RegExp(`\\b${DAY}(?: of)? (${MONTH}),? ${YEAR}\\b`, 'g'), ([, d, m, y]) => [y, monthNumber(m), d]],
  [new RegExp(`\\b(${MONTH}) ${DAY},? ${YEAR}\\b`, 'g'), ([, m, d, y]) => [y, monthNumber(m), d]],
  [new RegExp(`\\b(${MONTH}),? (?:of )?${YEAR}\\b`, 'g'), ([, m, y]) => [y, monthNumber(m)]],
  [new RegExp(`\\b${DAY}(?: of)? (${MONTH})(?![a-z])`, 'g'), ([, d, m]) => [undefined, monthNumber(m), d]],
  [new RegExp(`\\b(${MONTH}) ${DAY}\\b`, 'g'), ([, m, d]) => [undefined, monthNumber(m), d]],
];

const monthNumber = (name = '') => String(MONTHS.findIndex((full) => full.startsWith(name.slice(0, 3))) + 1);

const SMALL_NUMBERS = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
    .split(' ')
    .map((word, value) => [word, value] as const),
);
const TENS = new Map(
  'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, index) => [word, 10 * (index + 2)] as const),
);
const SCALES = new Map([
  ['hundred', 1e2],
  ['thousand', 1e3],
  ['million', 1e6],
  ['billion', 1e9],
  ['trillion', 1e12],
  ['万', 1e4],
  ['亿', 1e8],
]);

/** Normal form to the ways of writing it. A unit that is not listed is not read. */
const UNITS: Readonly<Record<string, string>> = {
  '%': '% percent per\\scent ％',
  km: 'km kilometres? kilometers? 公里 千米',
  m: 'm metres? meters? 米',
  cm: 'cm centimetres? centimeters? 厘米',
  mm: 'mm millimetres? millimeters? 毫米',
  mi: 'mi miles? 英里',
  ft: 'ft feet foot 英尺',
  in: 'inch inches 英寸',
  kg: 'kg kilograms? kilogrammes? 公斤 千克',
  g: 'g grams? grammes? 克',
  t: 'tons? tonnes? 吨',
  lb: 'lbs? pounds? 磅',
  l: 'l litres? liters? 升',
  'km²': 'km² km2 square\\skilometres square\\skilometers 平方公里',
  'km/h': 'km/h kph 公里/小时',
  mph: 'mph',
  '°C': '°c degrees\\scelsius 摄氏度',
  '°F': '°f degrees\\sfahrenheit 华氏度',
  year: 'years? 年',
  month: 'months? 个月',
  week: 'weeks? 周',
  day: 'days? 天',
  hour: 'hours? hrs? 小时',
  minute: 'minutes? mins? 分钟',
  second: 'seconds? secs? 秒',
  USD: 'dollars? usd 美元',
  EUR: 'euros? eur 欧元',
  CNY: 'yuan cny rmb 元 人民币',
};
const CURRENCY_SIGNS: Readonly<Record<string, string>> = { $: 'USD', '€': 'EUR', '¥': 'CNY', '￥': 'CNY', '£': 'GBP' };

const escaped = (text: string) => text.replace(/[.*+^${}()|[\]\\]/g, '\\$&');
const unitForms = Object.entries(UNITS).flatMap(([unit, forms]) =>
  forms.split(' ').map((form) => ({ unit, form: form.includes('?') || form.includes('\\s') ? form : escaped(form) })),
);
/** Longest first: `km/h` before `km` before `m`. */
const UNIT_FORMS = unitForms.toSorted((a, b) => b.form.length - a.form.length);
const UNIT = new RegExp(`^[\\s-]?(?:${UNIT_FORMS.map(({ form }) => `(${form})`).join('|')})(?![a-z0-9])`);

const DIGITS = '\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?';
const WORDS = [...SMALL_NUMBERS.keys(), ...TENS.keys(), ...['hundred', 'thousand', 'million', 'billion', 'trillion']]
  .toSorted((a, b) => b.length - a.length)
  .join('|');
const NUMBER = new RegExp(
  `([$€¥￥£])?\\s?(?<![\\p{L}\\p{N}.])(${DIGITS})(?:\\s?(hundred|thousand|million|billion|trillion)\\b|\\s?([万亿]))?` +
    `|\\b(?:${WORDS})(?:(?:[\\s-]|\\sand\\s)(?:${WORDS}))*\\b`,
  'gu',
);

/** Every value of a text, in its order; the same value may come twice. */
export function valuesOf(text: string): AnswerValue[] {
  return foundValues(text).map(({ value }) => value);
}

/** A text with each value replaced by its normal form between blanks, lower case. */
export function withNormalValues(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  let result = '';
  let from = 0;
  for (const { start, end, value } of foundValues(text)) {
    result += `${plain.slice(from, start)} ${value.value}${value.unit === '' ? '' : ` ${value.unit}`} `;
    from = end;
  }
  return (result + plain.slice(from)).replace(/\s+/g, ' ').trim();
}

interface FoundValue {
  /** Offsets into the lower-case NFKC text. */
  start: number;
  end: number;
  value: AnswerValue;
}

function foundValues(text: string): FoundValue[] {
  let rest = text.normalize('NFKC').toLowerCase();
  const found: FoundValue[] = [];
  for (const [pattern, parts] of DATES) {
    rest = rest.replace(pattern, (...match: unknown[]) => {
      const groups = match.filter((part) => typeof part === 'string' || part === undefined) as RegExpMatchArray;
      const start = match.find((part) => typeof part === 'number') as number;
      const [all] = groups;
      const value = dateValue(parts(groups));
      if (value === null || all === undefined) return all ?? '';
      found.push({ start, end: start + all.length, value: { kind: 'date', value, unit: '' } });
      return ' '.repeat(all.length);
    });
  }
  for (const match of rest.matchAll(NUMBER)) {
    const [all, currency, digits, scale, hanScale] = match;
    const start = match.index + (all.length - all.trimStart().length);
    const number =
      digits === undefined ? wordsValue(all) : Number(digits.replaceAll(',', '')) * scaleOf(scale ?? hanScale);
    if (number === null || !Number.isFinite(number)) continue;
    let end = match.index + all.length;
    let unit = currency ? (CURRENCY_SIGNS[currency] ?? '') : '';
    const named = UNIT.exec(rest.slice(end));
    if (named) {
      unit = UNIT_FORMS[named.slice(1).findIndex((form) => form !== undefined)]?.unit ?? unit;
      // 1912年 is a date, not a time of 1912 years.
      if (unit === 'year' && named[0].includes('年') && /^\d{4}$/.test(digits ?? '')) unit = '';
      end += named[0].length;
    }
    found.push({ start, end, value: { kind: 'number', value: plainNumber(number), unit } });
  }
  return found.toSorted((a, b) => a.start - b.start);
}

function dateValue([year, monthOfYear, day]: (string | undefined)[]): string | null {
  const [m, d] = [Number(monthOfYear), day === undefined ? null : Number(day)];
  if (!(m >= 1 && m <= 12) || (d !== null && !(d >= 1 && d <= 31))) return null;
  return [year, String(m).padStart(2, '0'), d === null ? undefined : String(d).padStart(2, '0')]
    .filter((part) => part !== undefined)
    .join('-');
}

const scaleOf = (word: string | undefined) => (word === undefined ? 1 : (SCALES.get(word) ?? 1));

/** `twenty-one thousand` = 21000; `null` when the words are no number, such as `one one`. */
function wordsValue(words: string): number | null {
  let [total, current] = [0, 0];
  for (const word of words.split(/[\s-]+|\sand\s/).filter((part) => part !== 'and' && part !== '')) {
    const small = SMALL_NUMBERS.get(word);
    const tens = TENS.get(word);
    const scale = SCALES.get(word);
    if (small !== undefined) {
      if (current % 10 !== 0 || (current % 100 !== 0 && small >= 10)) return null;
      current += small;
    } else if (tens !== undefined) {
      if (current % 100 !== 0) return null;
      current += tens;
    } else if (scale === 100) current = Math.max(1, current) * 100;
    else if (scale !== undefined) {
      total += Math.max(1, current) * scale;
      current = 0;
    }
  }
  return total + current;
}

/** Without exponent and without the noise of binary fractions. */
const plainNumber = (value: number) => String(Number(value.toPrecision(12)));
