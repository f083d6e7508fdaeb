import { useCallback, useEffect, useState } from 'preact/hooks';
import { type PageState, readAddress, toAddress } from './address.js';

/** What the address says, and a way to change it that back and forward undo. */
export function useAddress(): { page: PageState; go: (change: Partial<PageState>) => void } {
  const [page, setPage] = useState(() => readAddress(location.search));

  useEffect(() => {
    // A jump inside the page, such as that of the skip link, comes here too and changes nothing.
    const onPopState = () => {
      const next = readAddress(location.search);
      setPage((page) => (toAddress(page) === toAddress(next) ? page : next));
    };
    window.addEventListener('popstate', onPopState);
    return () => window.removeEventListener('popstate', onPopState);
  }, []);

  const go = useCallback(
    (change: Partial<PageState>) => {
      const next = { ...page, ...change };
      // Asking the same again runs it again but leaves no second entry to go back through.
      if (toAddress(next) === toAddress(page)) history.replaceState(null, '', toAddress(next));
      else history.pushState(null, '', toAddress(next));
      if (next.query !== page.query) window.scrollTo(0, 0);
      setPage(next);
    },
    [page],
  );
  return { page, go };
}
