import { describe, expect, it } from 'vitest';
import { readAddress, toAddress } from '../../web/src/address.js';
import { toLevel, toPercent } from '../../web/src/confidence.js';
import { findQuote, toSegments } from '../../web/src/marked-text.js';
import { readableAddress, safeUrl } from '../../web/src/safe-url.js';

const show = (text: string, spans: { start: number; end: number }[]) =>
  toSegments(text, spans)
    .map((segment) => (segment.marked ? `[${segment.text}]` : segment.text))
    .join('');

describe('toSegments', () => {
  it('marks spans in any order', () => {
    expect(
      show('one two three', [
        { start: 8, end: 13 },
        { start: 0, end: 3 },
      ]),
    ).toBe('[one] two [three]');
  });
  it('joins overlaps and ignores what is outside the text or empty', () => {
    expect(
      show('abcdef', [
        { start: 1, end: 4 },
        { start: 3, end: 5 },
      ]),
    ).toBe('a[bcd][e]f');
    expect(
      show('abc', [
        { start: 2, end: 9 },
        { start: 7, end: 8 },
        { start: 1, end: 1 },
        { start: -3, end: 0 },
      ]),
    ).toBe('ab[c]');
  });
  it('loses no character', () => {
    expect(show('', [])).toBe('');
    expect(show('plain', [])).toBe('plain');
  });
});

describe('findQuote', () => {
  it('finds a quote whose white space was changed for display', () => {
    const text = 'Before. It cost $5 (US)\n today. After.';
    const span = findQuote(text, 'It cost $5 (US) today.');
    expect(span && text.slice(span.start, span.end)).toBe('It cost $5 (US)\n today.');
  });
  it('finds nothing for another text or an empty quote', () => {
    expect(findQuote('abc', 'abd')).toBeNull();
    expect(findQuote('abc', '  ')).toBeNull();
  });
});

describe('safeUrl', () => {
  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//host',
    '/path',
    '',
    'file:///etc',
  ])('makes no link of %j', (address) => expect(safeUrl(address)).toBeNull());
  it('shows where a link leads', () => {
    const url = safeUrl('https://www.example.org/a_b/%E9%92%A2?x=1')!;
    expect(readableAddress(url)).toBe('example.org › a b › 钢');
    expect(readableAddress(safeUrl('https://example.org/%')!)).toBe('example.org › %');
  });
});

describe('confidence', () => {
  it('is never 0 or 100 per cent', () => {
    expect([0, 0.004, 0.904, 0.996, 1].map(toPercent)).toEqual([1, 1, 90, 99, 99]);
  });
  it('has a word for each figure', () => {
    expect([0.2, 0.6, 0.85, 0.95].map(toLevel)).toEqual(['low', 'fair', 'high', 'veryHigh']);
  });
});

describe('address', () => {
  it.each(['?q=who+%26+why%3F', '?q=a&answer=off&lang=zh', '?'])('%s survives reading and writing', (address) => {
    expect(toAddress(readAddress(address))).toBe(address);
  });
});
