import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { rougeL } from '../../src/evaluation/measures/rouge-l.js';

interface Case {
  prediction: string;
  golds: string[];
  rougeL: number;
}

// Made with rouge-score 0.1.2 (rougeL, no stemming, best over the references) on sentences of our own.
const cases = JSON.parse(await readFile(new URL('../fixtures/rouge-l.json', import.meta.url), 'utf8')) as Case[];

it.each(cases)("is Google's on $prediction", ({ prediction, golds, rougeL: expected }) => {
  expect(rougeL(prediction, golds)).toBeCloseTo(expected, 12);
});

it('reads the scripts that rouge-score drops', () => {
  expect(rougeL('Málaga', ['Malaga'])).toBe(0);
  expect(rougeL('в Москве', ['Москве'])).toBeCloseTo(2 / 3, 12);
  // 3 of 4 characters and 3 of 3: no blanks between words
  expect(rougeL('北京大学', ['北京大'])).toBeCloseTo(6 / 7, 12);
  expect(rougeL('yes', [])).toBe(0);
});
