import type { PageState } from '../address.js';
import { type Found, toResults } from '../search-state.js';
import type { Texts } from '../texts.js';
import { useSteadyScroll } from '../use-steady-scroll.js';
import { AnswerCard } from './answer-card.js';
import { AnswerNote } from './answer-note.js';
import { AnswerPointer } from './answer-pointer.js';
import { Hit } from './hit.js';
import { MoreButton } from './more-button.js';
import { SpellingNote } from './spelling-note.js';
import { Examples } from './welcome.js';

interface Properties {
  state: Found;
  page: PageState;
  texts: Texts;
  onMore: () => void;
  onRetry: () => void;
  onSearch: (query: string) => void;
  onSwitchOn: () => void;
}

export function Results({ state, page, texts, onMore, onRetry, onSearch, onSwitchOn }: Properties) {
  const { answer, hits, more, degraded } = state;
  useSteadyScroll(answer.phase);
  const sources = new Set(answer.phase === 'shown' ? answer.answer.citations.map(({ passageId }) => passageId) : []);
  return (
    <section
      aria-labelledby="results-title"
      class={answer.phase === 'shown' && answer.layout === 'side-panel' ? 'with-panel' : undefined}
    >
      <h2 id="results-title" class="visually-hidden">
        {texts.results}
      </h2>
      <Summary state={state} texts={texts} />
      <AnswerNote
        answer={answer}
        page={page}
        texts={texts}
        onSearch={onSearch}
        onGoToAnswer={goToAnswer}
        onRetry={onRetry}
        onSwitchOn={onSwitchOn}
      />
      {state.suggestion && <SpellingNote {...state.suggestion} typed={state.query} texts={texts} onSearch={onSearch} />}
      {degraded.length > 0 && (
        <p class="degraded">{texts.degraded(degraded.map((part) => texts.parts[part]).join(', '))}</p>
      )}
      {hits.length === 0 && (
        <div class="no-hits">
          <p class="advice">{texts.noHits}</p>
          <Examples page={page} texts={texts} onSearch={onSearch} />
        </div>
      )}
      {answer.phase === 'shown' && answer.layout === 'side-panel' && (
        <aside id="answer" class="answer beside" tabIndex={-1} aria-label={texts.answer}>
          <AnswerCard answer={answer.answer} hits={hits} texts={texts} />
        </aside>
      )}
      {/* biome-ignore lint/a11y/noRedundantRoles: a list without bullets is no list for VoiceOver unless it says so. */}
      <ol class="results" role="list">
        {toResults(state).map((result) =>
          result.type === 'answer' ? (
            <li key="answer" id="answer" class="answer" tabIndex={-1}>
              <AnswerCard answer={result} hits={hits} texts={texts} />
            </li>
          ) : (
            <li key={result.id}>
              <Hit hit={result} cited={sources.has(result.id)} texts={texts} />
            </li>
          ),
        )}
      </ol>
      <MoreButton more={more} texts={texts} onMore={onMore} />
      {answer.phase === 'shown' && <AnswerPointer texts={texts} onGoToAnswer={goToAnswer} />}
    </section>
  );
}

function Summary({ state: { hits, more, hitsMs, query }, texts }: { state: Found; texts: Texts }) {
  if (hits.length === 0) return <p class="summary nothing">{texts.noHitsTitle(query)}</p>;
  return (
    <p class="summary">
      {texts.resultCount(hits.length, more !== 'none')}
      {hitsMs !== undefined && <span> · {texts.seconds(hitsMs)}</span>}
    </p>
  );
}

/** Only ever called because somebody asked for it. */
function goToAnswer(): void {
  document.getElementById('answer')?.focus();
}
