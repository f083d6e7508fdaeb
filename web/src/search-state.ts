import type {
  Answer,
  AnswerLayout,
  AnswerResult,
  AnswerStatus,
  DegradedPart,
  PassageResult,
  Problem,
  SearchEvent,
  Suggestion,
} from './api-types.js';

/** Hits asked for at once. */
export const PAGE_SIZE = 10;
/** A page of the service ends here at the latest. */
export const MAX_HITS = 1000;

export type AnswerState =
  | { phase: 'pending' }
  | { phase: 'shown'; answer: Answer; slot: number; layout: AnswerLayout }
  | { phase: 'absent'; status: AnswerStatus }
  /** The stream ended before it said anything about an answer. */
  | { phase: 'interrupted' };

export interface Found {
  phase: 'found';
  query: string;
  hits: readonly PassageResult[];
  /** Hits received so far, those left out as known included: where the next page starts. */
  offset: number;
  /** Time to the hits of the first page, in milliseconds. */
  hitsMs?: number;
  degraded: readonly DegradedPart[];
  suggestion?: Suggestion;
  answer: AnswerState;
  more: 'none' | 'ready' | 'loading' | 'failed';
}

export type SearchState =
  | { phase: 'idle' }
  | { phase: 'searching'; query: string }
  | { phase: 'failed'; query: string; problem: Problem }
  | Found;

export type SearchAction =
  | { type: 'clear' }
  | { type: 'search-start'; query: string }
  | { type: 'search-fail'; problem: Problem }
  | SearchEvent
  | { type: 'stream-close' }
  | { type: 'more-start' }
  | { type: 'more-end'; results: readonly PassageResult[] }
  | { type: 'more-fail' };

/** The next state. An action that does not fit the present state leaves it as it is. */
export function reduce(state: SearchState, action: SearchAction): SearchState {
  switch (action.type) {
    case 'clear':
      return { phase: 'idle' };
    case 'search-start':
      return { phase: 'searching', query: action.query };
    case 'search-fail':
      return state.phase === 'searching' ? { phase: 'failed', query: state.query, problem: action.problem } : state;
    case 'hits-end':
      return state.phase === 'searching' ? toFound(state.query, action) : state;
    default:
      return state.phase === 'found' ? reduceFound(state, action) : state;
  }
}

function toFound(query: string, event: Extract<SearchEvent, { type: 'hits-end' }>): Found {
  return {
    phase: 'found',
    query,
    hits: event.results,
    offset: event.results.length,
    hitsMs: event.timings.hitsMs,
    degraded: event.degraded ?? [],
    ...(event.suggestion && { suggestion: event.suggestion }),
    answer: { phase: 'pending' },
    more: event.results.length < PAGE_SIZE ? 'none' : 'ready',
  };
}

function reduceFound(state: Found, action: SearchAction): Found {
  switch (action.type) {
    case 'answer-end':
      return { ...state, answer: toAnswerState(action) };
    case 'search-end':
    case 'stream-close':
      return state.answer.phase === 'pending' ? { ...state, answer: { phase: 'interrupted' } } : state;
    case 'more-start':
      return { ...state, more: 'loading' };
    case 'more-end':
      return withMore(state, action.results);
    case 'more-fail':
      return { ...state, more: 'failed' };
    default:
      return state;
  }
}

function toAnswerState({ outcome, answerStatus }: Extract<SearchEvent, { type: 'answer-end' }>): AnswerState {
  return outcome.status === 'answered' && answerStatus.shown
    ? { phase: 'shown', answer: outcome.answer, slot: outcome.slot, layout: outcome.layout }
    : { phase: 'absent', status: answerStatus };
}

/** A hit that moved to the next page in the meantime is not shown twice. */
function withMore(state: Found, results: readonly PassageResult[]): Found {
  const known = new Set(state.hits.map(({ id }) => id));
  const offset = state.offset + results.length;
  return {
    ...state,
    hits: [...state.hits, ...results.filter(({ id }) => !known.has(id))],
    offset,
    more: results.length === PAGE_SIZE && offset + PAGE_SIZE <= MAX_HITS ? 'ready' : 'none',
  };
}

/** Hits in order, with the answer at its slot when it stands among them. */
export function toResults({ hits, answer }: Found): readonly (PassageResult | AnswerResult)[] {
  if (answer.phase !== 'shown' || answer.layout !== 'inline') return hits;
  const { layout, slot } = answer;
  return [...hits.slice(0, slot), { type: 'answer', layout, ...answer.answer }, ...hits.slice(slot)];
}
