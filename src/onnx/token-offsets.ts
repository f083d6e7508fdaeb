import type { TextSpan } from '../types.js';

/**
 * Where in a text the tokens of an uncased WordPiece vocabulary stand, one entry each; `null` for a token that does not
 * spell what stands there, such as `[UNK]`. Compared without case, accents and white space, as such a tokenizer reads.
 */
export function tokenOffsets(text: string, tokens: readonly string[]): (TextSpan | null)[] {
  const letters = lettersOf(text);
  let at = 0;
  return tokens.map((token) => {
    const wanted = [...lettersOf(token.replace(/^##/, ''))].map(({ letter }) => letter);
    if (wanted.length === 0) return null;
    for (let from = at; from + wanted.length <= letters.length && from <= at + FARTHEST; from++) {
      if (!wanted.every((letter, index) => letters[from + index]?.letter === letter)) continue;
      at = from + wanted.length;
      return { start: letters[from]?.start ?? 0, end: letters[at - 1]?.end ?? 0 };
    }
    return null;
  });
}

/** Letters that may be passed over in search of a token: what `[UNK]` stands for is a word, seldom a longer one. */
const FARTHEST = 40;

interface Letter extends TextSpan {
  letter: string;
}

function lettersOf(text: string): Letter[] {
  const letters: Letter[] = [];
  let start = 0;
  for (const character of text) {
    const end = start + character.length;
    const plain = character
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toLowerCase();
    if (plain.trim() !== '') for (const letter of plain) letters.push({ letter, start, end });
    start = end;
  }
  return letters;
}
