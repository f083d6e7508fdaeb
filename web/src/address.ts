import type { AnswerLayout } from './api-types.js';

/** What the address of the page says. */
export interface PageState {
  /** Empty on the start page. */
  query: string;
  /** `false` asks for hits only. */
  answers: boolean;
  /** Where answers shall stand; `null`: the service decides. */
  layout: AnswerLayout | null;
  /** `lang` as given, to be kept in further addresses. */
  language: string | null;
}

export function readAddress(search: string): PageState {
  const parameters = new URLSearchParams(search);
  return {
    query: (parameters.get('q') ?? '').trim(),
    answers: parameters.get('answer') !== 'off',
    layout: toLayout(parameters.get('layout')),
    language: parameters.get('lang'),
  };
}

/** `?q=…`, or `?` for the start page: a relative address either way. */
const toLayout = (given: string | null): AnswerLayout | null =>
  given === 'inline' || given === 'side-panel' ? given : null;

export function toAddress({ query, answers, layout, language }: PageState): string {
  const parameters = new URLSearchParams();
  if (query !== '') parameters.set('q', query);
  if (!answers) parameters.set('answer', 'off');
  if (layout !== null) parameters.set('layout', layout);
  if (language !== null) parameters.set('lang', language);
  return `?${parameters}`;
}
