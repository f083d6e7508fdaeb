/**
 * The alphabet of byte-level BPE vocabularies: one printable character for each byte, so that a token is a string even
 * where it holds half a character. The blank is `Ġ`, the line feed `Ċ`.
 */
const CHARACTER_OF_BYTE: readonly string[] = (() => {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();

const BYTE_OF_CHARACTER = new Map(CHARACTER_OF_BYTE.map((character, byte) => [character, byte]));

/** The byte that the first character of a token stands for; a question mark's for what is no such character. */
export const byteOf = (token: string): number => BYTE_OF_CHARACTER.get(token[0] ?? '') ?? 0x3f;

/** Text as a byte-level vocabulary writes it. */
export function toByteLevel(text: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => CHARACTER_OF_BYTE[byte]).join('');
}

/** The text that tokens stand for; bytes that form no character become U+FFFD. */
export function fromByteLevel(tokens: string): string {
  return Buffer.from(Array.from(tokens, (character) => BYTE_OF_CHARACTER.get(character) ?? 0x3f)).toString('utf8');
}
