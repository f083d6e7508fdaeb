import type { JudgedAnswer } from './judge.js';
import type { RecordedAnswer } from './plain-answer.js';

/** An answer to read, since figures do not say why. */
export interface AnswerExample {
  id: string;
  question: string;
  answer: string;
  /** Gold answers; empty where there are none. */
  golds: readonly string[];
  answerable: boolean;
  confidence: number;
}

export interface AnswerExamples {
  /** Wrong best candidates, the surest first. */
  surestWrong: AnswerExample[];
  /** Right ones that were not shown, the surest first. */
  withheldRight: AnswerExample[];
}

const MOST = 8;

/** @param judged Of the same answers, in the same order. */
export function answerExamples(
  recorded: readonly RecordedAnswer[],
  judged: readonly JudgedAnswer[],
  most = MOST,
): AnswerExamples {
  const surest = (wanted: (one: JudgedAnswer) => boolean) =>
    recorded
      .flatMap((answer, index): AnswerExample[] => {
        const one = judged[index];
        const text = 'top' in answer ? answer.top : answer.answer;
        if (!one?.answer || text === null || !wanted(one)) return [];
        const { id, question, answers: golds, answerable } = answer;
        return [{ id, question, answer: text, golds, answerable, confidence: one.answer.confidence }];
      })
      .sort((a, b) => b.confidence - a.confidence)
      .slice(0, most);
  return {
    surestWrong: surest((one) => one.answer?.right === false),
    withheldRight: surest((one) => one.answer?.right === true && one.shown === null),
  };
}
