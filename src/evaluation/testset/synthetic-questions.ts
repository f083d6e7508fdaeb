import { normaliseAnswer } from '../../answer-text.js';
import type { Question } from '../question.js';
import { seededRandom, shuffled } from '../random.js';

/** A passage to ask about, with where its sentences lie in its text. */
export interface SourcePassage {
  documentId: string;
  text: string;
  sentences: readonly { start: number; end: number }[];
}

/** A question that no person asked. It says so in every field that a report shows. */
export interface SyntheticQuestion extends Question {
  kind: 'synthetic-cloze';
  synthetic: true;
  /** What it was made of and how; offsets into the document's passage are not needed to use it. */
  madeFrom: { documentId: string; sentence: string; method: 'cloze' };
}

export interface SyntheticOptions {
  count: number;
  /** @default 1 */
  seed?: number;
}

/** Words of a sentence that is worth asking about. */
const WORDS = { least: 8, most: 40 };

/**
 * What can be left out of a sentence, in the order of preference: several capitalised words, a number with its unit, a year.
 * The first word of a sentence is capitalised for no reason and is never left out.
 */
const END = String.raw`(?![\p{L}\p{N}'’–—/-])`; // Not half of a longer word or range.
const NAME = String.raw`\p{Lu}[\p{L}-]*`;
const UNIT = 'percent|per cent|million|billion|km|kilometres|kilometers|miles|metres|meters|feet|years|people';
const SPANS = [
  new RegExp(String.raw`(?<=\S\s)${NAME}(?:\s(?:(?:of|the|de|di|da|von|van)\s)?${NAME})+${END}`, 'gu'),
  new RegExp(String.raw`(?<=\s)\d[\d.,]*\s(?:${UNIT})${END}`, 'gu'),
  new RegExp(String.raw`(?<=\s)(?:1\d|20)\d{2}${END}`, 'gu'),
];

/**
 * Questions made by leaving a name or a number out of a sentence, at most one a passage, in random order of the passages.
 *
 * They share nearly all their words with the sentence, so retrieval finds it much more easily than for people's questions:
 * good to see whether something broke, not to say how good something is.
 */
export function synthesiseQuestions(
  passages: readonly SourcePassage[],
  { count, seed = 1 }: SyntheticOptions,
): SyntheticQuestion[] {
  const random = seededRandom(seed);
  const questions: SyntheticQuestion[] = [];
  for (const passage of shuffled(passages, seed)) {
    if (questions.length >= count) break;
    const cloze = clozeOf(passage, random);
    if (!cloze) continue;
    const { sentence, answer, question } = cloze;
    questions.push({
      id: `synthetic-${String(questions.length + 1).padStart(5, '0')}`,
      question,
      answers: [answer],
      answerable: true,
      documentIds: [passage.documentId],
      kind: 'synthetic-cloze',
      synthetic: true,
      madeFrom: { documentId: passage.documentId, sentence, method: 'cloze' },
    });
  }
  return questions;
}

function clozeOf({ text, sentences }: SourcePassage, random: () => number) {
  const found = sentences.flatMap(({ start, end }) => {
    const sentence = text.slice(start, end).replace(/\s+/g, ' ');
    const words = sentence.split(' ').length;
    if (words < WORDS.least || words > WORDS.most || !/[.!?]["'”’)\]]*$/.test(sentence)) return [];
    // A span that stands elsewhere in the sentence would give itself away.
    const spans = SPANS.flatMap((pattern, preference) =>
      [...sentence.matchAll(pattern)].map((match) => ({ at: match.index, answer: match[0], preference })),
    ).filter(({ answer }) => sentence.split(answer).length === 2 && normaliseAnswer(answer) !== '');
    const [best] = spans.sort((a, b) => a.preference - b.preference || a.at - b.at);
    return best ? [{ sentence, ...best }] : [];
  });
  const chosen = found[Math.floor(random() * found.length)];
  if (!chosen) return null;
  const { sentence, at, answer } = chosen;
  const gap = `${sentence.slice(0, at)}____${sentence.slice(at + answer.length)}`;
  return { sentence, answer, question: `What belongs in the gap? ${gap}` };
}
