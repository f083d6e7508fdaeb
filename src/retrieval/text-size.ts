/** Scripts that are written without spaces between words, and Hangul, whose words models read in many pieces. */
export const UNSPACED =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';

const PIECE = new RegExp(`[${UNSPACED}]|[^\\s${UNSPACED}]+`, 'gu');
const UNSPACED_CHARACTER = new RegExp(`^[${UNSPACED}]$`, 'u');

/** A word, or one character of a script without spaces. */
export interface TextPiece {
  start: number;
  end: number;
  /** In words, see `sizeInWords`. */
  size: number;
}

/** The pieces at which an over-long sentence may be cut, in reading order. */
export function* textPieces(text: string): Generator<TextPiece> {
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    yield { start: index, end: index + piece.length, size: pieceSize(piece) };
  }
}

/**
 * Length of a text as models feel it: an ordinary word counts 1, a character of a script without spaces 0.5, and a long
 * or odd word (numbers, codes, addresses) as many as it would in a model's vocabulary, about 1.4 tokens each.
 */
export function sizeInWords(text: string): number {
  let size = 0;
  for (const piece of textPieces(text)) size += piece.size;
  return size;
}

function pieceSize(piece: string): number {
  let size = 0;
  for (let index = 0; index < piece.length; index++) size += unitSize(piece, index);
  if (size === 0.5 && UNSPACED_CHARACTER.test(piece)) return 0.5;
  return Math.max(1, size);
}

function unitSize(piece: string, index: number): number {
  const unit = piece.charCodeAt(index);
  if (unit >= 0x61 && unit <= 0x7a) return 0.1; // a-z
  if (unit >= 0x41 && unit <= 0x5a) return 0.2; // A-Z
  if (unit >= 0x30 && unit <= 0x39) return 0.35; // 0-9
  if (unit < 0x80) return 0.7;
  return /\p{Script=Latin}/u.test(piece.charAt(index)) ? 0.2 : 0.5;
}
