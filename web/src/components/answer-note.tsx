import { type PageState, toAddress } from '../address.js';
import { answerWords } from '../answer-words.js';
import type { AnswerState } from '../search-state.js';
import type { Texts } from '../texts.js';
import { onPlainClick } from './plain-click.js';

/** Says what became of the answer. It keeps its place and its height, so that the results below it stay where they are. */
export function AnswerNote({
  answer,
  page,
  texts,
  onSearch,
  onGoToAnswer,
  onRetry,
  onSwitchOn,
}: {
  answer: AnswerState;
  page: PageState;
  texts: Texts;
  onSearch: (query: string) => void;
  onGoToAnswer: () => void;
  onRetry: () => void;
  onSwitchOn: () => void;
}) {
  const reason = answer.phase === 'absent' ? answer.status.reason : null;
  const notice = answer.phase === 'absent' ? answer.status.notice : undefined;
  const choices = (answer.phase === 'absent' && answer.status.choices) || [];
  return (
    <div class={`answer-note ${answer.phase}`}>
      <p>
        {answerWords(answer, texts)}{' '}
        {answer.phase === 'shown' && <Action label={texts.goToAnswer} onClick={onGoToAnswer} />}
        {reason === 'off' && <Action label={texts.switchOn} onClick={onSwitchOn} />}
        {(reason === 'deadline' || answer.phase === 'interrupted') && <Action label={texts.retry} onClick={onRetry} />}
      </p>
      {choices.length > 0 && (
        <ul class="choices">
          {choices.map(({ label, query }) => (
            <li key={query}>
              <a
                class="choice"
                href={toAddress({ ...page, query })}
                title={query}
                onClick={onPlainClick(() => onSearch(query))}
                dir="auto"
              >
                {label}
              </a>
            </li>
          ))}
        </ul>
      )}
      {notice && (
        <p class="notice" dir="auto">
          {notice}
        </p>
      )}
    </div>
  );
}

function Action({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" class="link" onClick={onClick}>
      {label}
    </button>
  );
}
