import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadSentenceSplitter } from '../../src/retrieval/sentences.js';

interface Case {
  text: string;
  sentences: string[];
  /** In code points. */
  spans: [number, number][];
}

const { cases } = JSON.parse(readFileSync('prompts/sentences.golden.json', 'utf8')) as { cases: Case[] };
const split = await loadSentenceSplitter('prompts');

describe('sentences', () => {
  test.each(cases)('golden: $text', ({ text, sentences, spans }) => {
    const found = split(text);
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(sentences);
    const codePoints = (index: number) => [...text.slice(0, index)].length;
    expect(found.map(({ start, end }) => [codePoints(start), codePoints(end)])).toEqual(spans);
  });

  test('a long text without a boundary takes linear time', () => {
    const text = 'e.g. This '.repeat(50_000);
    expect(split(text)).toHaveLength(1);
  });

  test('a folder without the file is named', async () => {
    await expect(loadSentenceSplitter('nowhere')).rejects.toThrow(/nowhere.*CANDOR_PROMPTS_DIR/s);
  });
});
