/** BCP 47 tags of the languages that the pages have words in. */
export type LanguageTag = 'en' | 'zh';

/** The first of the wanted tags that there are words for; English when there is none. */
export function chooseTag(wanted: readonly (string | null)[]): LanguageTag {
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag ?? '')) return 'zh';
    if (/^en\b/i.test(tag ?? '')) return 'en';
  }
  return 'en';
}
