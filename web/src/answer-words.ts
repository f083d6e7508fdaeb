import type { AnswerStatus } from './api-types.js';
import { toPercent } from './confidence.js';
import type { AnswerState } from './search-state.js';
import type { Texts } from './texts.js';

/** What became of the answer, in one sentence. */
export function answerWords(answer: AnswerState, texts: Texts): string {
  switch (answer.phase) {
    case 'pending':
      return texts.answerPending;
    case 'shown':
      return answer.layout === 'side-panel' ? texts.answerBeside : texts.answerAt(answer.slot + 1);
    case 'interrupted':
      return texts.noAnswerInterrupted;
    case 'absent':
      return absenceWords(answer.status, texts);
  }
}

function absenceWords({ reason, confidence }: AnswerStatus, texts: Texts): string {
  if (reason === 'low-confidence' && confidence !== undefined) return texts.tooUnsure(toPercent(confidence));
  // A reason that is newer than this page still gets a true sentence.
  return (texts.noAnswer as Record<string, string>)[reason] ?? texts.noAnswerUnknown;
}
