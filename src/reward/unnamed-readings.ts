import { contradicts } from '../answer-meaning.js';
import { MAX_CHOICES, type Reading, type ReadingSource, termsOf } from './readings.js';

/** A passage with what it answers by itself. */
export interface AnsweringSource extends ReadingSource {
  answer: string;
  /** Calibrated probability that the passage says so, 0..1; see `Claim.confidence`. */
  confidence: number;
}

/** Share of the threshold that a claim needs to count as one thing that may be meant: far below it, it answers nothing. */
const LIKELY_SHARE = 0.5;

/**
 * What a query may mean that names nothing, the surest first; fewer than two readings are none (`[]`).
 *
 * `What is the capital?` asks for the capital of something. Where several documents answer it, each for what its own title
 * names, the likeliest answer is no better than the others, however sure its passage is of it. That is so when
 *
 * 1. the query has no name, no number and no word of the title of a passage that answers it: those tell documents apart;
 * 2. the passages of at least two titles say every word of the query that tells anything, and name their own title;
 * 3. one of them is sure, and no two of them say anything alike: agreement would be a sign that the query is clear.
 *
 * @param sources Passages that give an answer.
 * @param minConfidence From here on an answer is shown, 0..1.
 */
export function unnamedReadings(query: string, sources: readonly AnsweringSource[], minConfidence: number): Reading[] {
  const asked = termsOf(query);
  if (hasName(query) || sources.some(({ title }) => haveCommon(termsOf(title), asked))) return [];
  const byTitle = new Map<string, AnsweringSource[]>();
  for (const source of sources.toSorted((a, b) => b.confidence - a.confidence)) {
    const { title, text, confidence } = source;
    const said = termsOf(text);
    const saysAll = [...asked].every((term) => said.has(term));
    if (confidence >= LIKELY_SHARE * minConfidence && saysAll && haveCommon(termsOf(title), said))
      byTitle.set(title, [...(byTitle.get(title) ?? []), source]);
  }
  const surest = [...byTitle.values()].flatMap(([first]) => first ?? []);
  const isAnySure = surest.some(({ confidence }) => confidence >= minConfidence);
  const isAgreed = surest.some((one, at) => surest.slice(at + 1).some((other) => areAlike(one.answer, other.answer)));
  if (surest.length < 2 || !isAnySure || isAgreed) return [];
  return surest.slice(0, MAX_CHOICES).map(({ title }) => ({
    label: title,
    query: `${query} (${title})`,
    documentIds: [...new Set((byTitle.get(title) ?? []).map(({ documentId }) => documentId))],
  }));
}

/** A number, or a capital where a sentence needs none. Queries all in capitals say nothing by them. */
function hasName(query: string): boolean {
  if (/\p{N}/u.test(query)) return true;
  return /\p{Ll}/u.test(query) && /\s[^\p{L}]*(?!I(?:\P{L}|$))\p{Lu}/u.test(query);
}

/** Whether two answers may say the same, or parts of it: they have a word in common, and not with another number. */
function areAlike(one: string, other: string): boolean {
  return !contradicts(one, other) && haveCommon(termsOf(one), termsOf(other));
}

const haveCommon = (one: ReadonlySet<string>, other: ReadonlySet<string>) => [...one].some((term) => other.has(term));
