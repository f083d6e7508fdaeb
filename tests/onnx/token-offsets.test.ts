import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenOffsets } from '../../src/onnx/token-offsets.js';
import { loadTokenizer } from '../../src/onnx/tokenizer.js';

const spelled = (text: string, tokens: string[]) =>
  tokenOffsets(text, tokens).map((place) => place && text.slice(place.start, place.end));

describe('places of WordPiece tokens', () => {
  test.each([
    [
      'It cost $7.8 billion',
      ['it', 'cost', '$', '7', '.', '8', 'billion'],
      ['It', 'cost', '$', '7', '.', '8', 'billion'],
    ],
    ['Frédéric Chopin', ['frederic', 'cho', '##pin'], ['Frédéric', 'Cho', 'pin']],
    ['a\u200b 👍🏽 b', ['a', '[UNK]', 'b'], ['a', null, 'b']],
    ['中文 ok', ['中', '文', 'ok'], ['中', '文', 'ok']],
    ['e\u0301t\u00e9 2', ['ete', '2'], ['e\u0301t\u00e9', '2']],
  ])('%j', (text, tokens, wanted) => {
    expect(spelled(text, tokens)).toEqual(wanted);
  });

  test('a token that stands nowhere near takes no place from those behind it', () => {
    expect(spelled('one two', ['zzz', 'one', 'two'])).toEqual([null, 'one', 'two']);
  });

  test('rise, and spell their tokens, for any text', async () => {
    const tokenizer = await loadTokenizer('models/reranker/tokenizer.json');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const tokens = tokenizer.encode(text, { specialTokens: false }).ids.map((id) => tokenizer.tokenOf(id) ?? '');
        const places = tokenOffsets(text, tokens).filter((place) => place !== null);
        for (const [index, { start, end }] of places.entries()) {
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(start).toBeGreaterThanOrEqual(places[index - 1]?.start ?? 0);
        }
      }),
    );
  });
});
