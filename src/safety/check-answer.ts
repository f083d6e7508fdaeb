import type { AnswerCheck, CheckInput, CheckVerdict } from './answer-check.js';
import { namesInQuote } from './checks/names-in-quote.js';
import { noPersonalData } from './checks/no-personal-data.js';
import { noPromptLeak } from './checks/no-prompt-leak.js';
import { ownSource } from './checks/own-source.js';
import { quoteStandsThereNow } from './checks/quote-stands-there-now.js';
import { valuesInQuote } from './checks/values-in-quote.js';

/** All of them, in the order in which they are reported. */
export const ANSWER_CHECKS: readonly AnswerCheck[] = [
  quoteStandsThereNow,
  ownSource,
  valuesInQuote,
  namesInQuote,
  noPromptLeak,
  noPersonalData,
];

/** What every check says of an answer; it may be shown when none finds a fault. */
export const checkAnswer = (input: CheckInput): CheckVerdict[] =>
  ANSWER_CHECKS.map((check) => ({ check: check.name, fault: check.fault(input) }));
