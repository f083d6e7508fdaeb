import { readFile } from 'node:fs/promises';

/** What WordPiece writes before a piece that continues a word. */
const CONTINUES = '##';

/**
 * The words that a WordPiece vocabulary has in one piece: those that its texts had often, so that it serves as a list of words
 * without another file. Knows none where pieces are made in another way, as they then do not say whether they are words.
 *
 * @param path A `tokenizer.json` that a model has been opened with.
 * @returns Is it such a word? In lower case.
 */
export async function loadWholeWords(path: string): Promise<(word: string) => boolean> {
  const { model } = JSON.parse(await readFile(path, 'utf8')) as {
    model?: { type?: string; vocab?: Record<string, number> };
  };
  if (model?.type !== 'WordPiece') return () => false;
  const words = new Set(Object.keys(model.vocab ?? {}).filter((piece) => !piece.startsWith(CONTINUES)));
  return (word) => words.has(word);
}
