/** Places of the weight vector; a power of two. */
export const FEATURES = 32_768;

/**
 * What the question classifier sees of a query, as places of its weight vector: words, pairs and triples of
 * neighbours, pieces of three and four characters, the first two and the last word with their place, and the length. Each place once.
 */
export function questionFeatures(query: string): Int32Array {
  const words = query.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? [];
  const framed = ['^', ...words, '$'];
  const names = [
    ...words.map((word) => `w ${word}`),
    ...pieces(words.join(' '), 3),
    ...pieces(words.join(' '), 4),
    ...grams(framed, 2),
    ...grams(framed, 3),
    ...words.slice(0, 2).map((word, index) => `p${index} ${word}`),
    `e ${words.at(-1) ?? ''}`,
    `f ${words[0] ?? ''} ${words.length > 2 ? words[2] : ''}`,
    `n ${Math.min(words.length, 20)}`,
  ];
  return Int32Array.from(new Set(names.map(place)));
}

function grams(words: readonly string[], size: number): string[] {
  return words
    .slice(0, Math.max(0, words.length - size + 1))
    .map((_, at) => `${size} ${words.slice(at, at + size).join(' ')}`);
}

const pieces = (text: string, size: number) =>
  Array.from({ length: Math.max(0, text.length - size + 1) }, (_, at) => `c ${text.slice(at, at + size)}`);

/** FNV-1a over UTF-16 units, with a last mixing so that the low bits are as good as the others. */
function place(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) & (FEATURES - 1);
}
