import { type PageState, toAddress } from '../address.js';
import type { Texts } from '../texts.js';
import { onPlainClick } from './plain-click.js';

interface Properties {
  page: PageState;
  texts: Texts;
  onSearch: (query: string) => void;
}

export function Welcome(properties: Properties) {
  return (
    <section class="welcome">
      <h2>{properties.texts.welcomeTitle}</h2>
      <p>{properties.texts.welcome}</p>
      <Examples {...properties} />
    </section>
  );
}

export function Examples({ page, texts, onSearch }: Properties) {
  return (
    <>
      <h3>{texts.examplesTitle}</h3>
      <ul class="examples">
        {texts.examples.map(({ query, hint }) => (
          <li key={query}>
            <a href={toAddress({ ...page, query })} onClick={onPlainClick(() => onSearch(query))}>
              {query}
            </a>{' '}
            <span>{hint}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
