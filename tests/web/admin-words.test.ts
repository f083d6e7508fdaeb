import { describe, expect, it } from 'vitest';
import { chooseAdminLanguage } from '../../web/src/admin/admin-texts.js';
import type { PromiseStatus } from '../../web/src/admin/admin-types.js';
import { promiseWords, stabilityWords } from '../../web/src/admin/admin-words.js';

const status: PromiseStatus = {
  state: 'holds',
  calibrator: 'abc',
  targetPrecision: 0.9,
  calibratedThreshold: 0.8,
  calibration: { basis: 'fit', date: '2026-01-01', shown: 40, precision: 0.95, precisionLow: 0.9, confidence: 0.95 },
  threshold: 0.8,
  groups: [],
  confidences: 300,
  populationStability: 0.05,
  feedback: { judged: 0, right: 0, precision: null, precisionLow: null },
};

const { texts: english } = chooseAdminLanguage(['en']);

it.each<[Partial<PromiseStatus>, RegExp]>([
  [{}, /^Nothing .+ 90\.0 % of the shown answers are right\.$/],
  [{ feedback: { judged: 24, right: 23, precision: 0.96, precisionLow: 0.8 } }, /^Nothing/],
  [
    { feedback: { judged: 24, right: 18, precision: 0.75, precisionLow: 0.57 } },
    /^Fewer .+ promised 90\.0 %.+ chance\.$/,
  ],
  [{ state: 'unknown' }, /^Too little .+300/],
  [{ state: 'raised', because: 'population', threshold: 0.95 }, /^The queries of late are others.+95\.0 %/],
  [{ state: 'raised', because: 'feedback', threshold: 0.85 }, /^Too many .+ wrong\. Only .+85\.0 %/],
  [{ state: 'off', because: 'feedback', threshold: null }, /^Too many .+ No answer is shown/],
])('says what became of the promise, and why: %j', (changes, words) => {
  expect(promiseWords({ ...status, ...changes }, english)).toMatch(words);
});

it('says what an index means, and that nothing is known', () => {
  expect(stabilityWords(0.3, english)).toBe('0.300 (other queries come)');
  expect(stabilityWords(0.05, english)).toContain('as at the calibration');
  expect([stabilityWords(null, english), english.percent(null)]).toEqual(['unknown', '–']);
});

describe('in Chinese', () => {
  const { tag, texts } = chooseAdminLanguage([null, 'zh-CN', 'en']);

  it.each<Partial<PromiseStatus>>([
    {},
    { feedback: { judged: 24, right: 18, precision: 0.75, precisionLow: 0.57 } },
    { state: 'unknown' },
    { state: 'raised', because: 'population', threshold: 0.95 },
    { state: 'off', because: 'feedback', threshold: null },
  ])('says what became of the promise: %j', (changes) => {
    expect(promiseWords({ ...status, ...changes }, texts)).toMatch(/^[^A-Za-z]+。$/);
  });

  it('has words of its own for everything', () => {
    expect(tag).toBe('zh');
    for (const [name, words] of Object.entries(texts)) {
      if (typeof words === 'string' && name !== 'stop') expect(words, name).toMatch(/\p{Script=Han}/u);
    }
  });

  it('names groups of queries', () => {
    const group = { language: 'zh', kind: 'keyword', calibratedThreshold: 0.8, threshold: 0.8 } as const;
    expect(texts.groupOf(group)).toBe('关键词，中文');
    expect(english.groupOf(group)).toBe('a few words, Chinese');
    expect(english.groupOf({ ...group, language: null })).toBe('a few words, language unknown');
  });
});
