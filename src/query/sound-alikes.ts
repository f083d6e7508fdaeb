/** What becomes of the spellings of a sound, in this order, so that words that are said alike get one key. */
const SOUNDS: readonly (readonly [spelling: RegExp, key: string])[] = [
  [/^(?:kn|gn|pn|mn)/, 'n'],
  [/^ps/, 's'],
  [/^pt/, 't'],
  [/^wr/, 'r'],
  [/^wh/, 'w'],
  [/rh/g, 'r'],
  [/ph/g, 'f'],
  [/gh(?=t|s?$)/g, ''],
  [/s?ch(?=[lr])|sch/g, 'sk'],
  [/tch/g, 'ch'],
  [/dg(?=[eiy])|g(?=[eiy])/g, 'j'],
  [/[ct]i(?=[aeo])/g, 'sh'],
  [/sc(?=[eiy])|c(?=[eiy])|z/g, 's'],
  [/qu/g, 'kw'],
  [/x/g, 'ks'],
  [/ck|c(?!h)|q/g, 'k'],
  [/ou|oo|ew|ue/g, 'u'],
  [/ee|ea|ie|ei|ey|y/g, 'i'],
  [/(.)\1+/gu, '$1'],
  [/e$/, ''],
];

/** Spellings of one sound where a word begins. */
const FIRST: readonly (readonly string[])[] = [
  ['f', 'ph'],
  ['n', 'kn', 'gn', 'pn'],
  ['s', 'ps', 'sc', 'c'],
  ['r', 'wr', 'rh'],
  ['w', 'wh'],
  ['k', 'c', 'ch', 'q'],
  ['kw', 'qu'],
  ['sk', 'sch'],
  ['t', 'pt'],
  ['j', 'g'],
  ['z', 'x'],
];
/** Spellings of one sound anywhere else. */
const LATER: readonly (readonly string[])[] = [
  ['f', 'ph'],
  ['k', 'c', 'ch'],
  ['kw', 'qu'],
  ['ks', 'x'],
  ['s', 'c', 'sc'],
  ['j', 'g'],
];
/** Spellings that are looked for, of a word that has more. */
const MOST = 12;

/**
 * A key that is the same for words that are said alike in English: `foto` and `photo`, `rithm` and `rhythm`. Vowels count, so
 * that few words share one.
 *
 * @param word In lower case.
 */
export function soundOf(word: string): string {
  let sound = word.normalize('NFD').replace(/\p{M}/gu, '');
  for (const [spelling, key] of SOUNDS) sound = sound.replace(spelling, key);
  return sound;
}

/**
 * Other spellings of a word in which one sound is spelt in another way, those that begin otherwise first; most of them are no
 * words. A search for near words wants the first letter right, and some letters are said in two ways (`ch`).
 *
 * @param word In lower case.
 * @returns At most 12.
 */
export function soundAlikes(word: string): string[] {
  const found = new Set<string>();
  for (const [from, to] of pairsOf(FIRST)) if (word.startsWith(from)) found.add(to + word.slice(from.length));
  for (const [from, to] of pairsOf(LATER)) {
    for (let at = word.indexOf(from, 1); at > 0; at = word.indexOf(from, at + 1)) {
      found.add(word.slice(0, at) + to + word.slice(at + from.length));
    }
  }
  found.delete(word);
  return [...found].slice(0, MOST);
}

function* pairsOf(sounds: readonly (readonly string[])[]): Generator<[from: string, to: string]> {
  for (const spellings of sounds)
    for (const from of spellings) for (const to of spellings) if (from !== to) yield [from, to];
}
