import { useEffect, useRef, useState } from 'preact/hooks';
import { type PageState, toAddress } from '../address.js';
import type { Texts } from '../texts.js';
import { useSlashKey } from '../use-slash-key.js';
import { onPlainClick } from './plain-click.js';

export function SearchForm({
  page,
  texts,
  onSearch,
  onHome,
  onAnswers,
}: {
  page: PageState;
  texts: Texts;
  onSearch: (query: string) => void;
  onHome: () => void;
  onAnswers: (answers: boolean) => void;
}) {
  const [draft, setDraft] = useState(page.query);
  const box = useRef<HTMLInputElement>(null);
  useSlashKey(box);
  useEffect(() => setDraft(page.query), [page]);
  useEffect(() => {
    if (page.query === '') box.current?.focus();
  }, []);

  const submit = (event: Event) => {
    event.preventDefault();
    const query = draft.trim();
    if (query === '') box.current?.focus();
    else onSearch(query);
  };
  return (
    <header>
      <div class="brand">
        <h1>
          <a href={toAddress({ ...page, query: '' })} aria-label={texts.home} onClick={onPlainClick(onHome)}>
            Candor
          </a>
        </h1>
        <p>{texts.tagline}</p>
      </div>
      <search>
        <form onSubmit={submit}>
          <input
            ref={box}
            type="search"
            name="q"
            value={draft}
            aria-label={texts.searchLabel}
            placeholder={texts.placeholder}
            aria-keyshortcuts="/"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            enterkeyhint="search"
            dir="auto"
            onInput={(event) => setDraft(event.currentTarget.value)}
          />
          <button type="submit">{texts.submit}</button>
        </form>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={page.answers}
            aria-checked={page.answers}
            onChange={(event) => onAnswers(event.currentTarget.checked)}
          />
          {texts.answersSwitch}
        </label>
      </search>
    </header>
  );
}
