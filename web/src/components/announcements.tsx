import { answerWords } from '../answer-words.js';
import { toPercent } from '../confidence.js';
import type { Found, SearchState } from '../search-state.js';
import type { Texts } from '../texts.js';

/** What a screen reader says when results or the answer arrive. Each line is read when it changes, and no focus moves. */
export function Announcements({ state, texts }: { state: SearchState; texts: Texts }) {
  return (
    <div class="visually-hidden" role="status" aria-live="polite" aria-atomic="false">
      <p>{state.phase === 'found' ? hitsLine(state, texts) : ''}</p>
      <p>{state.phase === 'found' ? answerLine(state, texts) : ''}</p>
    </div>
  );
}

function hitsLine({ hits, more, query }: Found, texts: Texts): string {
  return hits.length === 0 ? texts.noHitsTitle(query) : texts.resultCount(hits.length, more !== 'none');
}

function answerLine({ answer }: Found, texts: Texts): string {
  const words = answerWords(answer, texts);
  if (answer.phase === 'absent' && answer.status.notice) return `${words} ${answer.status.notice}`;
  if (answer.phase !== 'shown') return words;
  const { text, confidence, disagreement } = answer.answer;
  const sentence = /[.!?。！？]$/u.test(text) ? text : `${text}.`;
  return `${words} ${sentence} ${disagreement ? `${texts.eachSourceSaysSo}, ` : ''}${texts.sure(toPercent(confidence))}.`;
}
