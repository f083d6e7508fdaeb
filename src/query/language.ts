import { eld } from 'eld/small';

/** Below this many letters of a Latin, Cyrillic or Arabic script the sequences say too little. */
const MIN_LETTERS = 12;

/** Scripts that one language is written in, or one that a site most likely means. */
const SCRIPTS: readonly [RegExp, string][] = [
  [/[\p{sc=Hiragana}\p{sc=Katakana}]/u, 'ja'],
  [/\p{sc=Hangul}/u, 'ko'],
  [/\p{sc=Han}/u, 'zh'],
  [/\p{sc=Thai}/u, 'th'],
  [/\p{sc=Hebrew}/u, 'he'],
  [/\p{sc=Greek}/u, 'el'],
  [/\p{sc=Armenian}/u, 'hy'],
  [/\p{sc=Georgian}/u, 'ka'],
];

/**
 * Language of a query as a BCP 47 tag: by its script where that decides, else by its sequences of characters; `null` when it is
 * too short or nothing is likely enough, which is so for most names.
 */
export function identifyLanguage(text: string): string | null {
  const byScript = SCRIPTS.find(([script]) => script.test(text));
  if (byScript) return byScript[1];
  if ((text.match(/\p{L}/gu) ?? []).length < MIN_LETTERS) return null;
  const found = eld.detect(text);
  return found.language && found.isReliable() ? found.language : null;
}
