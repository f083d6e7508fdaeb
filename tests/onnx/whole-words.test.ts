import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { loadWholeWords } from '../../src/onnx/whole-words.js';

it('words of one piece are known, endings and words of several pieces are not', async () => {
  const isWord = await loadWholeWords(fileURLToPath(new URL('../fixtures/tiny-model/tokenizer.json', import.meta.url)));
  expect(['river', 'rhine', 'rivers', 's', '##s', 'elbe'].map(isWord)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

it('a vocabulary of another kind knows no word', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'candor-words-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = join(dir, 'tokenizer.json');
  await writeFile(path, JSON.stringify({ model: { type: 'BPE', vocab: { river: 0 } } }));
  expect((await loadWholeWords(path))('river')).toBe(false);
});
