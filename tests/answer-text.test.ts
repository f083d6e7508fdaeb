import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { answerTokens, normaliseAnswer } from '../src/answer-text.js';

const examples: { prediction: string; normalised: string }[] = JSON.parse(
  readFileSync(new URL('fixtures/answer-scores.json', import.meta.url), 'utf8'),
);

it.each(examples)('normalises $prediction as the training does', ({ prediction, normalised }) => {
  expect(normaliseAnswer(prediction)).toBe(normalised);
  expect(answerTokens(prediction)).toEqual(normalised === '' ? [] : normalised.split(' '));
});
