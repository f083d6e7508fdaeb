/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** Below this a whole number is exact. */
const EXACT = 2 ** 53;

/**
 * The decimal number in `bytes[start..end)`; `NaN` when it is none. Short numbers, which are nearly all, are read without
 * making a string; the value is the same to the last bit, since digits below 2^53 and a power of ten up to 22 are both
 * exact and one division or product rounds once.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let negative = false;
  if (bytes[at] === 45 || bytes[at] === 43) {
    negative = bytes[at] === 45;
    at += 1;
  }
  let digits = 0;
  let count = 0;
  let decimals = 0;
  let point = false;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= 48 && byte <= 57) {
      digits = digits * 10 + (byte - 48);
      count += 1;
      if (point) decimals += 1;
    } else if (byte === 46 && !point) point = true;
    else return parseSlowly(bytes, start, end);
  }
  if (count === 0) return Number.NaN;
  if (digits >= EXACT || decimals > 22) return parseSlowly(bytes, start, end);
  const value = decimals === 0 ? digits : digits / (POWERS[decimals] as number);
  return negative ? -value : value;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseSlowly(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  if (NUMBER.test(text)) return Number(text);
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  return infinite ? (infinite[1] === '-' ? -1 : 1) * Number.POSITIVE_INFINITY : Number.NaN;
}
