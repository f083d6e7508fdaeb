/** What the address of the page says. */
export interface PageState {
  /** Empty on the start page. */
  query: string;
  /** `false` asks for hits only. */
  answers: boolean;
  /** `lang` as given, to be kept in further addresses. */
  language: string | null;
}

export function readAddress(search: string): PageState {
  const parameters = new URLSearchParams(search);
  return {
    query: (parameters.get('q') ?? '').trim(),
    answers: parameters.get('answer') !== 'off',
    language: parameters.get('lang'),
  };
}

/** `?q=…`, or `?` for the start page: a relative address either way. */
export function toAddress({ query, answers, language }: PageState): string {
  const parameters = new URLSearchParams();
  if (query !== '') parameters.set('q', query);
  if (!answers) parameters.set('answer', 'off');
  if (language !== null) parameters.set('lang', language);
  return `?${parameters}`;
}
