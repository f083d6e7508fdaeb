import type { JudgedAnswer } from './judge.js';

/** What became of a question; every question is in exactly one column. */
export const OUTCOMES = ['shownRight', 'shownWrong', 'withheldRight', 'withheldWrong', 'refused', 'none'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const OUTCOME_LABELS: Readonly<Record<Outcome, string>> = {
  shownRight: 'shown, right',
  shownWrong: 'shown, wrong',
  withheldRight: 'withheld, right',
  withheldWrong: 'withheld, wrong',
  refused: 'refused',
  none: 'no answer',
};

/** Counts by whether the corpus answers the question. */
export interface RefusalMatrix {
  answerable: Record<Outcome, number>;
  unanswerable: Record<Outcome, number>;
}

/**
 * Counts what was done against what should have been done. Good are `shownRight` of the answerable, and `refused` or
 * `withheldWrong` of the unanswerable.
 */
export function refusalMatrix(answers: readonly JudgedAnswer[]): RefusalMatrix {
  const row = () => Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const matrix: RefusalMatrix = { answerable: row(), unanswerable: row() };
  for (const answer of answers) matrix[answer.answerable ? 'answerable' : 'unanswerable'][outcomeOf(answer)] += 1;
  return matrix;
}

function outcomeOf({ shown, answer, refused }: JudgedAnswer): Outcome {
  if (shown) return shown.right ? 'shownRight' : 'shownWrong';
  if (refused) return 'refused';
  if (answer) return answer.right ? 'withheldRight' : 'withheldWrong';
  return 'none';
}
