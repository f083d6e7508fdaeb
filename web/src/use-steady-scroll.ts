import { useLayoutEffect } from 'preact/hooks';

/**
 * Keeps what a person reads where it is when something is inserted above it. `change` names the insertion: each new value
 * may have moved the results. Call it in the component that renders them.
 *
 * A reader who has scrolled, or whose focus is inside the results, sees no movement at all; for everybody else the answer
 * slides in.
 */
export function useSteadyScroll(change: string): void {
  // During a render the document still is as the reader sees it.
  const anchor = findAnchor();
  useLayoutEffect(() => {
    if (anchor === null) document.getElementById('answer')?.classList.add('slide-in');
    else if (anchor.element.isConnected) window.scrollBy(0, anchor.element.getBoundingClientRect().top - anchor.top);
  }, [change]);
}

function findAnchor(): { element: Element; top: number } | null {
  const results = [...document.querySelectorAll('.results > li')];
  const focused = document.activeElement?.closest('.results > li') ? document.activeElement : null;
  const reading = window.scrollY > 0 ? results.find((result) => result.getBoundingClientRect().bottom > 0) : undefined;
  const element = focused ?? reading;
  return element ? { element, top: element.getBoundingClientRect().top } : null;
}
