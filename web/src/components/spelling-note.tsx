import type { Texts } from '../texts.js';

/** Did you mean: a word of the query is nowhere in the documents, and another spelling is. */
export function SpellingNote({
  query,
  searched,
  typed,
  texts,
  onSearch,
}: {
  query: string;
  searched: boolean;
  typed: string;
  texts: Texts;
  onSearch: (query: string) => void;
}) {
  return (
    <p class="spelling" dir="auto">
      {searched ? texts.searchedFor(typed) : texts.didYouMean}{' '}
      <button type="button" class="link" onClick={() => onSearch(query)}>
        {query}
      </button>
    </p>
  );
}
