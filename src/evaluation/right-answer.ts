import { normaliseAnswer } from '../answer-text.js';
import type { AnswerRecord } from './answer-record.js';
import { isRight } from './measures/answer-score.js';

/**
 * Whether the best candidate of a record is right: by its text, or, where the question names the sentences that hold the
 * answer, by the sentence it quotes. `false` without candidate.
 */
export function isRightAnswer({
  top,
  quote,
  answers,
  supportingSentences,
}: Pick<AnswerRecord, 'top' | 'quote' | 'answers' | 'supportingSentences'>): boolean {
  if (top === null) return false;
  if (!supportingSentences) return isRight(top, answers);
  const quoted = normaliseAnswer(quote ?? '');
  return quoted !== '' && supportingSentences.some((sentence) => normaliseAnswer(sentence) === quoted);
}
