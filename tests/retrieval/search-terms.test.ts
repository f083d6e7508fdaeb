import { expect, test } from 'vitest';
import { indexTerms, queryTerms } from '../../src/retrieval/search-terms.js';

test.each([
  ["It's the U.S. state-of-the-art, v2.0!", 'it the u s state of the art v2 0'],
  ['don’t stop O’Brien’s café', 'dont stop obrien café'],
  ['ｆｕｌｌ ﬁne', 'full fine'],
  ['北京大学', '北 京 大 学 北京 京大 大学'],
  ['iPhone手机', 'iphone 手 机 手机'],
  ['한국어 ok', '한 국 어 한국 국어 ok'],
  ['🙂 ... !', ''],
])('index terms: %s', (text, expected) => {
  expect(indexTerms(text)).toBe(expected);
});

test('query terms: pairs, a single character only where it is alone', () => {
  expect(queryTerms('北京的龙 龙 dragon')).toBe('北京 京的 的龙 龙 dragon');
});

test('every query term of a text is an index term of it', () => {
  const text = 'Mixed 中文和English, 東京タワー, ภาษาไทย and Ünïcödé 42.';
  const index = new Set(indexTerms(text).split(' '));
  for (const term of queryTerms(text).split(' ')) expect(index).toContain(term);
});
