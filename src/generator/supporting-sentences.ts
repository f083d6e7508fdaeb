/** Is this character part of a word, so that a span must not begin or end beside another of its kind? */
const isWord = (character: string | undefined) => character !== undefined && /[\p{Script=Latin}\p{N}]/u.test(character);

/** Does the text hold the span as whole words? Scripts without blanks have no word borders to respect. */
export function holdsSpan(text: string, span: string): boolean {
  if (span === '') return false;
  for (let at = text.indexOf(span); at >= 0; at = text.indexOf(span, at + 1)) {
    const end = at + span.length;
    const cutsStart = isWord(text[at - 1]) && isWord(text[at]);
    const cutsEnd = isWord(text[end - 1]) && isWord(text[end]);
    if (!cutsStart && !cutsEnd) return true;
  }
  return false;
}

/**
 * Numbers (from 1) of the sentences an answer may point at: those that hold it verbatim, else in any case, else all.
 * What stands there word for word is the better support than a sentence that the model merely prefers.
 */
export function supportingSentences(answer: string, sentences: readonly string[]): number[] {
  const numbersWhere = (holds: (sentence: string) => boolean) =>
    sentences.flatMap((sentence, index) => (holds(sentence) ? [index + 1] : []));
  const verbatim = numbersWhere((sentence) => holdsSpan(sentence, answer));
  if (verbatim.length > 0) return verbatim;
  const anyCase = numbersWhere((sentence) => holdsSpan(sentence.toLowerCase(), answer.toLowerCase()));
  return anyCase.length > 0 ? anyCase : numbersWhere(() => true);
}
