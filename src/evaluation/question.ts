import { z } from 'zod';
import { ServiceError } from '../errors.js';
import { readJsonLines } from './json-lines.js';
import { shuffled } from './random.js';

export const questionSchema = z.object({
  id: z.string().min(1),
  question: z.string().trim().min(1),
  /** Right answers. An unanswerable question may list some: the fact may stand elsewhere in the corpus too. */
  answers: z.array(z.string()),
  /** Whether the corpus answers it. */
  answerable: z.boolean(),
  /** Documents that hold the answer. Absent: recall is not measured on this question. */
  documentIds: z.array(z.string().min(1)).min(1).optional(),
  /**
   * Sentences of the source that hold the answer, where answers are longer than what a short answer could equal: then an
   * answer is right when it quotes one of them.
   */
  supportingSentences: z.array(z.string().min(1)).min(1).optional(),
  language: z.string().optional(),
  /** Such as `adversarial`, for slices. */
  kind: z.string().optional(),
});

/** One line of a question file. */
export type Question = z.infer<typeof questionSchema>;

/**
 * All questions of a file, in its order.
 *
 * @throws ServiceError naming file and line; also for an id that occurs twice and for a file without questions.
 */
export async function readQuestions(path: string): Promise<Question[]> {
  const questions = new Map<string, Question>();
  for await (const question of readJsonLines(path, questionSchema, 'questions')) {
    if (questions.has(question.id))
      throw new ServiceError('invalid-request', { message: `${path}: two questions have the id ${question.id}.` });
    questions.set(question.id, question);
  }
  if (questions.size === 0) throw new ServiceError('invalid-request', { message: `${path}: there is no question.` });
  return [...questions.values()];
}

/**
 * A simple random sample without replacement, in the order of the input. The same seed draws the same questions, and a
 * larger sample contains the smaller one.
 */
export function sampleQuestions<T>(questions: readonly T[], limit: number, seed: number): T[] {
  const drawn = shuffled(
    questions.map((_, index) => index),
    seed,
  ).slice(0, limit);
  return drawn.sort((a, b) => a - b).flatMap((index) => questions.slice(index, index + 1));
}
