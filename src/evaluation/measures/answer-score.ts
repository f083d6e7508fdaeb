import { answerTokens, normaliseAnswer } from '../../answer-text.js';

/** An answer is right from this token F1 on. */
export const RIGHT_F1 = 0.7;

/** Whether the normalised answer equals one of the normalised gold answers. */
export function exactMatch(prediction: string, golds: readonly string[]): boolean {
  const said = normaliseAnswer(prediction);
  return golds.some((gold) => normaliseAnswer(gold) === said);
}

/** Best token F1 over the gold answers, 0..1; 0 without gold answers. */
export function tokenF1(prediction: string, golds: readonly string[]): number {
  const predicted = answerTokens(prediction);
  return Math.max(0, ...golds.map((gold) => overlapF1(predicted, answerTokens(gold))));
}

export function isRight(prediction: string, golds: readonly string[]): boolean {
  return tokenF1(prediction, golds) >= RIGHT_F1;
}

function overlapF1(predicted: readonly string[], gold: readonly string[]): number {
  if (predicted.length === 0 || gold.length === 0) return predicted.length === gold.length ? 1 : 0;
  const left = [...gold];
  const common = predicted.filter((token) => {
    const found = left.indexOf(token);
    if (found >= 0) left.splice(found, 1);
    return found >= 0;
  }).length;
  return (2 * common) / (predicted.length + gold.length);
}
