import type { Passage, TextSpan } from '../types.js';

export interface Snippet {
  /** Cut from the passage; line breaks and runs of blanks are one blank. */
  snippet: string;
  /** Words of the query, as offsets into `snippet`, ascending and without overlap. */
  highlights: TextSpan[];
}

interface Word extends TextSpan {
  term: string;
}

/** Words that say nothing about a topic; they are marked only when a query has no others. */
const STOP_WORDS = new Set(
  (
    'a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it ' +
    'its me my no not of on or our she so than that the their them then there these they this those to was we were ' +
    'what when where which who whom whose why will with would you your'
  ).split(' '),
);

const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** Plural and possessive endings only: a wrong stem would mark a wrong word. */
const stem = (word: string) => word.replace(/['’]s$/, '').replace(/(?<=[a-z]{3})(?<![su])s$/, '');

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (!isWordLike) continue;
    words.push({
      term: stem(segment.normalize('NFKC').toLowerCase()),
      start: index,
      end: index + segment.length,
    });
  }
  return words;
}

/** The terms of a query that are worth marking. Compute them once for all hits of a page. */
export function queryTerms(query: string): ReadonlySet<string> {
  const terms = wordsOf(query).map(({ term }) => term);
  const telling = terms.filter((term) => !STOP_WORDS.has(term));
  return new Set(telling.length > 0 ? telling : terms);
}

/**
 * The part of a passage that shows best why it was found: the run of sentences with the most different query terms,
 * the earliest among equals. A sentence that is longer than the limit is cut between words.
 *
 * @param maxCharacters Length of the snippet, at least 1. @default 280
 */
export function makeSnippet(
  passage: Pick<Passage, 'text' | 'sentences'>,
  terms: ReadonlySet<string>,
  maxCharacters = 280,
): Snippet {
  const matches = wordsOf(passage.text).filter(({ term }) => terms.has(term));
  const { start, end } = bestWindow(passage, matches, maxCharacters);
  const snippet = passage.text.slice(start, end).replace(/\s+/g, ' ').trim();
  const marked = wordsOf(snippet).filter(({ term }) => terms.has(term));
  return { snippet, highlights: marked.map((word) => ({ start: word.start, end: word.end })) };
}

function bestWindow(
  { text, sentences }: Pick<Passage, 'text' | 'sentences'>,
  matches: Word[],
  limit: number,
): TextSpan {
  let best: TextSpan = { start: 0, end: 0 };
  let bestCount = -1;
  for (const first of sentences) {
    const last = sentences.findLast(({ start, end }) => start >= first.start && end - first.start <= limit);
    const window = last ? { start: first.start, end: last.end } : cutSentence(text, first, matches, limit);
    const inside = matches.filter(({ start, end }) => start >= window.start && end <= window.end);
    const count = new Set(inside.map(({ term }) => term)).size;
    if (count > bestCount) [best, bestCount] = [window, count];
  }
  return best;
}

/** From a little before the first match, on word borders; from the beginning when nothing matches. */
function cutSentence(text: string, sentence: TextSpan, matches: Word[], limit: number): TextSpan {
  const match = matches.find(({ start, end }) => start >= sentence.start && end <= sentence.end);
  const wanted = Math.max(sentence.start, (match?.start ?? sentence.start) - Math.floor(limit / 4));
  const start = Math.min(wanted, Math.max(sentence.start, sentence.end - limit));
  const end = Math.min(sentence.end, start + limit);
  const words = wordsOf(text.slice(start, end)).filter((word) => start === sentence.start || word.start > 0);
  const from = start === sentence.start ? start : start + (words[0]?.start ?? 0);
  const whole = end === sentence.end ? undefined : words.findLast((word) => start + word.end < end);
  return { start: from, end: whole ? start + whole.end : end };
}
