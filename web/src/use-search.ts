import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks';
import type { AnswerLayout } from './api-types.js';
import { SearchProblem, searchMore, streamSearch } from './search-client.js';
import { reduce, type SearchState } from './search-state.js';

export interface SearchOptions {
  answers: boolean;
  /** `null`: the service decides. */
  layout: AnswerLayout | null;
}

/** The running search. A new query cancels everything that an earlier one still has under way. */
export function useSearch(): {
  state: SearchState;
  start: (query: string, options: SearchOptions) => void;
  more: () => void;
} {
  const [state, dispatch] = useReducer(reduce, { phase: 'idle' } as SearchState);
  const running = useRef<AbortController | null>(null);

  const start = useCallback((query: string, options: SearchOptions) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    if (query === '') return dispatch({ type: 'clear' });
    dispatch({ type: 'search-start', query });
    // An abandoned search says nothing any more, whatever it still receives.
    const tell: typeof dispatch = (action) => {
      if (!controller.signal.aborted) dispatch(action);
    };
    void (async () => {
      try {
        for await (const event of streamSearch(query, { ...options, signal: controller.signal })) tell(event);
      } catch (error) {
        tell({ type: 'search-fail', problem: toProblem(error) });
      }
      tell({ type: 'stream-close' });
    })();
  }, []);

  const more = useCallback(() => {
    const signal = running.current?.signal;
    if (state.phase !== 'found' || signal === undefined) return;
    dispatch({ type: 'more-start' });
    searchMore(state.query, state.offset, signal).then(
      (results) => signal.aborted || dispatch({ type: 'more-end', results }),
      () => signal.aborted || dispatch({ type: 'more-fail' }),
    );
  }, [state]);

  useEffect(() => () => running.current?.abort(), []);
  return { state, start, more };
}

function toProblem(error: unknown) {
  return error instanceof SearchProblem ? error.problem : { code: 'internal' };
}
