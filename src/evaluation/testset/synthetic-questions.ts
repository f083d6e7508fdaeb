import { normaliseAnswer } from '../../answer-text.js';
import type { Question } from '../question.js';
import { seededRandom, shuffled } from '../random.js';
import { QUESTION_METHODS, type QuestionMethod, questionOf, type SentenceQuestion } from './question-rules.js';

/** A passage to ask about, with where its sentences lie in its text. */
export interface SourcePassage {
  documentId: string;
  text: string;
  sentences: readonly { start: number; end: number }[];
}

/** A question that no person asked. It says so in every field that a report shows. */
export interface SyntheticQuestion extends Question {
  kind: `synthetic-${QuestionMethod}`;
  synthetic: true;
  /** What it was made of and how; offsets into the document's passage are not needed to use it. */
  madeFrom: { documentId: string; sentence: string; method: QuestionMethod };
}

export interface SyntheticOptions {
  count: number;
  /** @default 1 */
  seed?: number;
  /** Sentences with a gap where no other question can be made. @default true */
  cloze?: boolean;
}

/** Words of a sentence that is worth asking about. */
const WORDS = { least: 6, most: 40 };

/**
 * Questions made of single sentences by rules, at most one a passage and never the same twice, in random order of the
 * passages. Of a passage's sentences one is taken that makes the best kind of question, at random where there are several.
 *
 * They share nearly all their words with the sentence, so retrieval finds it much more easily than for people's questions:
 * good to see whether something broke, not to say how good something is.
 */
export function synthesiseQuestions(
  passages: readonly SourcePassage[],
  { count, seed = 1, cloze = true }: SyntheticOptions,
): SyntheticQuestion[] {
  const random = seededRandom(seed);
  const questions = new Map<string, SyntheticQuestion>();
  for (const passage of shuffled(passages, seed)) {
    if (questions.size >= count) break;
    const made = bestOf(passage, random, (one) => !questions.has(one.question) && (cloze || one.method !== 'cloze'));
    if (!made) continue;
    const { sentence, answer, question, method } = made;
    questions.set(question, {
      id: `synthetic-${String(questions.size + 1).padStart(5, '0')}`,
      question,
      answers: [answer],
      answerable: true,
      documentIds: [passage.documentId],
      kind: `synthetic-${method}`,
      synthetic: true,
      madeFrom: { documentId: passage.documentId, sentence, method },
    });
  }
  return [...questions.values()];
}

function bestOf(
  { text, sentences }: SourcePassage,
  random: () => number,
  isWanted: (question: SentenceQuestion) => boolean,
) {
  const found = sentences.flatMap(({ start, end }) => {
    const sentence = text.slice(start, end).trim().replace(/\s+/g, ' ');
    const words = sentence.split(' ').length;
    if (words < WORDS.least || words > WORDS.most || !/[.!?]["'”’)\]]*$/.test(sentence)) return [];
    const made = questionOf(sentence);
    if (!made || normaliseAnswer(made.answer) === '' || !isWanted(made)) return [];
    return [{ sentence, rank: QUESTION_METHODS.indexOf(made.method), ...made }];
  });
  const isQuestion = (rank: number) => rank < QUESTION_METHODS.indexOf('in-place');
  const best = [
    found.filter(({ rank }) => isQuestion(rank)),
    found.filter(({ method }) => method === 'in-place'),
    found,
  ].find(({ length }) => length > 0);
  return best?.[Math.floor(random() * best.length)] ?? null;
}
