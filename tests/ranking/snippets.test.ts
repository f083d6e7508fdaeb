import { describe, expect, it } from 'vitest';
import { makeSnippet, queryTerms } from '../../src/ranking/snippets.js';
import { passage } from '../pipeline/fakes.js';

const marked = (query: string, ...sentences: string[]) => {
  const { snippet, highlights } = makeSnippet(passage('p', ...sentences), queryTerms(query), 40);
  let text = '';
  let from = 0;
  for (const { start, end } of highlights) {
    text += `${snippet.slice(from, start)}[${snippet.slice(start, end)}]`;
    from = end;
  }
  return text + snippet.slice(from);
};

describe('makeSnippet', () => {
  it.each([
    [
      'who invented the piano',
      ['The harp is old.', 'Cristofori invented the piano.'],
      'Cristofori [invented] the [piano].',
    ],
    ['pianos', ['One piano.', 'Two PIANOS.'], 'One [piano]. Two [PIANOS].'],
    ["newton's laws", ['A law of Newton.'], 'A [law] of [Newton].'],
    ['zebra', ['The harp is old.', 'The piano is not.'], 'The harp is old. The piano is not.'],
    ['who is the', ['The harp is old.'], '[The] harp [is] old.'],
    ['<b>bold</b>', ['Some <b>bold</b> text.'], 'Some <[b]>[bold]</[b]> text.'],
    ['钢琴', ['我喜欢钢琴。'], '我喜欢[钢琴]。'],
    ['mass glass', ['Mass of a glass.'], '[Mass] of a [glass].'],
  ])('%s', (query, sentences, expected) => {
    expect(marked(query, ...sentences)).toBe(expected);
  });

  it('cuts a long sentence between words, around the match', () => {
    const { snippet } = makeSnippet(
      passage('p', `${'word '.repeat(50)}piano ${'word '.repeat(50)}end.`),
      queryTerms('piano'),
      40,
    );
    expect(snippet).toMatch(/^word .*piano.* word$/);
    expect(snippet.length).toBeLessThanOrEqual(40);
  });

  it('marks the right place when line breaks become blanks', () => {
    const { snippet, highlights } = makeSnippet(passage('p', 'one\r\ntwo\tthree'), queryTerms('three'));
    expect(snippet).toBe('one two three');
    expect(highlights).toEqual([{ start: 8, end: 13 }]);
  });
});
