/** Of a text that is looked at, in characters: enough for a question or a sentence, and bounds the time of a hostile one. */
export const MAX_CHARACTERS = 600;

const TOKEN = /[\p{L}\p{N}]+|[^\p{L}\p{N}\s_]/gu;

/** NFKC, lower case, straight quotes, single blanks; the first `limit` characters (code points). */
export function normaliseText(text: string, limit = MAX_CHARACTERS): string {
  const plain = text.normalize('NFKC').toLowerCase().replace(/[‘’ʼ]/g, "'").replace(/[“”]/g, '"');
  const single = plain.replace(/\s+/g, ' ').trim();
  return single.length <= limit ? single : [...single].slice(0, limit).join('');
}

/** Words and single marks, in order. */
export function tokensOf(text: string): string[] {
  return normaliseText(text).match(TOKEN) ?? [];
}

/**
 * Buckets that the words of a text fall into, ascending, each once: words, pairs of words, and parts of 3 and 4 letters, so
 * that a misspelt word is not an unknown one. `training/rlhf/text_features.py` computes the same.
 *
 * @param bits Logarithm of the number of buckets, 1 to 20.
 */
export function hashedFeatures(text: string, bits: number): number[] {
  const tokens = tokensOf(text);
  const names = new Set<string>();
  for (const token of tokens) {
    names.add(`w ${token}`);
    const letters = ['<', ...token, '>'];
    for (const size of [3, 4]) {
      for (let at = 0; at + size <= letters.length; at++) names.add(`c ${letters.slice(at, at + size).join('')}`);
    }
  }
  for (let at = 0; at <= tokens.length; at++) names.add(`b ${tokens[at - 1] ?? '<'} ${tokens[at] ?? '>'}`);
  const mask = 2 ** bits - 1;
  return [...new Set([...names].map((name) => fnv1a(name) & mask))].sort((a, b) => a - b);
}

const encoder = new TextEncoder();

/** FNV-1a, 32 bits, over UTF-8 bytes (Fowler, Noll, Vo). */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
