import { useEffect } from 'preact/hooks';
import { Announcements } from './components/announcements.js';
import { ProblemNote } from './components/problem-note.js';
import { Results } from './components/results.js';
import { SearchForm } from './components/search-form.js';
import { Welcome } from './components/welcome.js';
import { chooseLanguage } from './texts.js';
import { useAddress } from './use-address.js';
import { useSearch } from './use-search.js';

export function App() {
  const { page, go } = useAddress();
  const { state, start, more } = useSearch();
  const { tag, texts } = chooseLanguage([page.language, ...navigator.languages]);

  useEffect(() => start(page.query, page), [page, start]);
  useEffect(() => {
    document.documentElement.lang = tag === 'zh' ? 'zh-Hans' : tag;
    document.title = page.query === '' ? `Candor – ${texts.tagline}` : texts.pageTitle(page.query);
  }, [page, tag, texts]);

  const search = (query: string) => go({ query });
  const retry = () => start(page.query, page);
  return (
    <>
      <a class="skip-link" href="#main">
        {texts.skip}
      </a>
      <SearchForm
        page={page}
        texts={texts}
        onSearch={search}
        onHome={() => go({ query: '' })}
        onAnswers={(answers) => go({ answers })}
      />
      <main id="main" tabIndex={-1} aria-busy={state.phase === 'searching'}>
        {state.phase === 'idle' && <Welcome page={page} texts={texts} onSearch={search} />}
        {state.phase === 'searching' && <Skeleton label={texts.searching} />}
        {state.phase === 'failed' && <ProblemNote problem={state.problem} texts={texts} onRetry={retry} />}
        {state.phase === 'found' && (
          <Results
            state={state}
            page={page}
            texts={texts}
            onMore={more}
            onRetry={retry}
            onSearch={search}
            onSwitchOn={() => go({ answers: true })}
          />
        )}
      </main>
      <footer>
        <span class="keys">{texts.footerKeys}</span>
        <a href="docs">{texts.footerApi}</a>
      </footer>
      <Announcements state={state} texts={texts} />
    </>
  );
}

/** Appears only when a search takes longer than a blink. */
function Skeleton({ label }: { label: string }) {
  return (
    <div class="skeleton">
      <p class="label">{label}</p>
      {[1, 2, 3].map((row) => (
        <div key={row} aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}
