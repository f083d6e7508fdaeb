/** Words of English that hold a sentence together and say next to nothing about its topic. */
const FUNCTION_WORDS = new Set(
  (
    'a about also am an and any are as at be been being but by can could did do does done for from had has have having he her ' +
    'hers him his how i if in into is it its me must my of on or our ours shall she should so some such than that the their ' +
    'them then there these they this those through to was we were what when where which who whom whose why will with would ' +
    'you your'
  ).split(' '),
);

/** What another word counts, in function words. Chosen on questions of SQuAD's training articles, single and joined. */
export const CONTENT_WEIGHT = 3;

/**
 * The words of a query for an engine that weighs a word by how often it stands in the query: each that says something
 * `CONTENT_WEIGHT` times. A query of one kind of words alone is as it was.
 *
 * @param terms As `queryTerms` gives them, separated by blanks.
 * @returns `scale` is what scores are to be divided by so that a word that says something counts once.
 */
export function weighted(terms: string): { terms: string; scale: number } {
  const words = terms.split(' ');
  const content = words.filter((word) => !FUNCTION_WORDS.has(word));
  if (content.length === 0 || content.length === words.length) return { terms, scale: 1 };
  const others = words.filter((word) => FUNCTION_WORDS.has(word));
  const all = [...Array<string[]>(CONTENT_WEIGHT).fill(content).flat(), ...others];
  return { terms: all.join(' '), scale: CONTENT_WEIGHT };
}
