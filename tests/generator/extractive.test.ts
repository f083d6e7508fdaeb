import { expect, test } from 'vitest';
import { ExtractiveGenerator } from '../../src/generator/drivers/extractive.js';
import { collect, requestFor, testGenerator } from '../contracts/generator.js';

testGenerator('extractive', async () => new ExtractiveGenerator(), { samples: false });

test('the sentence that shares most words, or a decline', async () => {
  const candidates = await collect(new ExtractiveGenerator(), requestFor(2));
  expect(candidates.map(({ text, sentenceNumber }) => [text, sentenceNumber])).toEqual([
    ["The game was played at Levi's Stadium.", 2],
    ['', null],
  ]);
});
