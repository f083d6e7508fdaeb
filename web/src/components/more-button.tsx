import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Found } from '../search-state.js';
import type { Texts } from '../texts.js';

/** Loads the next page. Whoever pressed it and waited goes on at the first new result. */
export function MoreButton({ more, texts, onMore }: { more: Found['more']; texts: Texts; onMore: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  /** The last result at the moment of the press, until its page has come. */
  const waitingAfter = useRef<Element | null>(null);

  const click = () => {
    if (more === 'loading') return;
    waitingAfter.current = document.querySelector('.results > li:last-child');
    onMore();
  };
  useLayoutEffect(() => {
    if (more === 'loading') return;
    // After the last page the button is gone and its focus with it. Whoever has moved on by now is left alone.
    const stayed = document.activeElement === button.current || document.activeElement === document.body;
    if (stayed) waitingAfter.current?.nextElementSibling?.querySelector('a')?.focus();
    waitingAfter.current = null;
  }, [more]);

  if (more === 'none') return null;
  const label = { ready: texts.more, loading: texts.moreLoading, failed: texts.moreFailed }[more];
  return (
    <button ref={button} type="button" class="more" aria-disabled={more === 'loading'} onClick={click}>
      {label}
    </button>
  );
}
