import { expect, it } from 'vitest';
import type { PromiseStatus } from '../../web/src/admin/admin-types.js';
import { percent, promiseWords, stabilityWords } from '../../web/src/admin/admin-words.js';

const status: PromiseStatus = {
  state: 'holds',
  calibrator: 'abc',
  targetPrecision: 0.9,
  calibratedThreshold: 0.8,
  calibration: { basis: 'fit', date: '2026-01-01', shown: 40, precision: 0.95, precisionLow: 0.9, confidence: 0.95 },
  threshold: 0.8,
  confidences: 300,
  populationStability: 0.05,
  feedback: { judged: 0, right: 0, precision: null, precisionLow: null },
};

it.each<[Partial<PromiseStatus>, RegExp]>([
  [{}, /^Nothing .+ 90\.0 % of the shown answers are right\.$/],
  [{ state: 'unknown' }, /^Too little .+300/],
  [{ state: 'raised', because: 'population', threshold: 0.95 }, /^The queries of late are others.+95\.0 %/],
  [{ state: 'raised', because: 'feedback', threshold: 0.85 }, /^Too many .+ wrong\. Only .+85\.0 %/],
  [{ state: 'off', because: 'feedback', threshold: null }, /^Too many .+ No answer is shown/],
])('says what became of the promise, and why: %j', (changes, words) => {
  expect(promiseWords({ ...status, ...changes })).toMatch(words);
});

it('says what an index means, and that nothing is known', () => {
  expect(stabilityWords(0.3)).toBe('0.300 (other queries come)');
  expect(stabilityWords(0.05)).toContain('as at the calibration');
  expect([stabilityWords(null), percent(null)]).toEqual(['unknown', '–']);
});
