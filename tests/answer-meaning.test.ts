import { describe, expect, it } from 'vitest';
import { contradicts, meaningOf, meansTheSame } from '../src/answer-meaning.js';
import { valuesOf } from '../src/answer-values.js';

describe('valuesOf', () => {
  const read = (text: string) => valuesOf(text).map(({ value, unit }) => [value, unit].filter(Boolean).join(' '));
  it.each([
    ['6,853 km', ['6853 km']],
    ['about 1.5 million people', ['1500000']],
    ['twenty-one thousand', ['21000']],
    ['one hundred and five', ['105']],
    ['$12.50', ['12.5 USD']],
    ['12.5 %, or 8 per cent', ['12.5 %', '8 %']],
    ['July 4, 1776', ['1776-07-04']],
    ['4 July 1776', ['1776-07-04']],
    ['on the 4th of July 1776', ['1776-07-04']],
    ['1776-07-04', ['1776-07-04']],
    ['1776年7月4日', ['1776-07-04']],
    ['Sept. 1912', ['1912-09']],
    ['in 1912', ['1912']],
    ['1912年', ['1912']],
    ['3万人', ['30000']],
    ['60公里/小时', ['60 km/h']],
    ['between 5 and 7 days', ['5', '7 day']],
    ['May 40, 1776', ['40', '1776']],
    ['Apollo', []],
    ['R2D2', []],
  ])('%s: %j', (text, values) => expect(read(text)).toEqual(values));
});

describe('meaningOf', () => {
  it.each([
    ['4 July 1776', 'July 4, 1776'],
    ['six kilometres', '6 km'],
    ['1,000', '1000'],
    ['The Beatles', 'beatles'],
    ['20 percent', '20%'],
    ['1776年7月4日', '4 July 1776'],
  ])('%s is %s', (a, b) => expect(meansTheSame(a, b)).toBe(true));
  it.each([
    ['1.5', '15'],
    ['6 km', '6 m'],
    ['Paris', 'London'],
    ['4 July', '5 July'],
  ])('%s is not %s', (a, b) => expect(meansTheSame(a, b)).toBe(false));
  it('of nothing is nothing', () => expect(meaningOf(' ')).toBe(''));
});

describe('contradicts', () => {
  it.each([
    ['1912', '1913', true],
    ['4 July 1776', 'July 5, 1776', true],
    ['1912', 'in 1912', false],
    ['1776', '4 July 1776', false],
    ['4 July', '4 July 1776', false],
    ['6 km', '7 km', true],
    ['6 km', '7 kg', false],
    ['1912', '5 years', false],
    ['6,900 km', '6,853 km', false],
    ['7,000 km', '6,853 km', true],
    ['6,853 km', '6,650 km', true],
    ['1,230 km', '1200 km', false],
    ['Cristofori', 'Ctesibius', false],
    ['1912 and 1913', '1912', false],
    ['1912', '1913年', true],
    ['5', '6', true],
  ])('%s, %s: %s', (a, b, expected) => {
    expect(contradicts(a, b)).toBe(expected);
    expect(contradicts(b, a)).toBe(expected);
  });
});
