import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { padBatch } from '../../src/onnx/batch.js';
import { loadTokenizer } from '../../src/onnx/tokenizer.js';

const path = fileURLToPath(new URL('../fixtures/tiny-model/tokenizer.json', import.meta.url));
const [PAD, UNK, CLS, SEP, where, is, the, rhine, river, s] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

it('encodes one text, a pair, and without special tokens', async () => {
  const tokenizer = await loadTokenizer(path);
  expect(tokenizer.encode('Where is the Rhine').ids).toEqual([CLS, where, is, the, rhine, SEP]);
  expect(tokenizer.encode('the elbe', { specialTokens: false }).ids).toEqual([the, UNK]);
  expect(tokenizer.encode('where', { pair: 'rivers' })).toEqual({
    ids: [CLS, where, SEP, river, s, SEP],
    typeIds: [0, 0, 0, 1, 1, 1],
  });
});

it('cuts the end and keeps the closing token', async () => {
  const tokenizer = await loadTokenizer(path);
  expect(tokenizer.encode('where is the rhine', { maxTokens: 4 }).ids).toEqual([CLS, where, is, SEP]);
  expect(tokenizer.encode('where is the', { maxTokens: 2, specialTokens: false }).ids).toEqual([where, is]);
});

it('decodes without special tokens', async () => {
  const tokenizer = await loadTokenizer(path);
  expect(tokenizer.decode([2, 6, 8, 9, 3])).toBe('the rivers');
  expect(tokenizer.idOf('rhine')).toBe(rhine);
  expect(tokenizer.tokenOf(9)).toBe('##s');
});

it('names a file that is no tokenizer', async () => {
  await expect(loadTokenizer(`${path}x`)).rejects.toMatchObject({ code: 'model-missing' });
  await expect(loadTokenizer(fileURLToPath(import.meta.url))).rejects.toMatchObject({ code: 'model-corrupt' });
});

it('pads a batch on the right', () => {
  const batch = padBatch(
    [
      { ids: [2, 6, 3], typeIds: [0, 0, 0] },
      { ids: [2, 3], typeIds: [0, 1] },
    ],
    PAD,
  );
  expect(batch).toMatchObject({ rows: 2, columns: 3 });
  expect([...batch.inputIds]).toEqual([2n, 6n, 3n, 2n, 3n, 0n]);
  expect([...batch.attentionMask]).toEqual([1n, 1n, 1n, 1n, 1n, 0n]);
  expect([...batch.typeIds]).toEqual([0n, 0n, 0n, 0n, 1n, 0n]);
});
