import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { type Range, readRange, writeRange } from './range';
import { type EventSearch, readEventSearch } from './search';

/** The last span looked at: leaving the events page and coming back keeps it. */
let lastRange: Pick<EventSearch, 'range' | 'from' | 'to'> = {};

export interface EventAddress {
  /** Whether the events page is the one shown. */
  here: boolean;
  search: EventSearch;
  range: Range;
  /** Goes to the events page with something changed. */
  go(change: Partial<EventSearch>, options?: { replace?: boolean }): void;
  setRange(range: Range): void;
}

/** What is asked of the events page, from wherever one is. */
export function useEventAddress(): EventAddress {
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const here = location.pathname === '/events';
  const search: EventSearch = here ? readEventSearch(location.search as Record<string, unknown>) : lastRange;
  const { range, from, to } = search;

  useEffect(() => {
    if (here) lastRange = { range, from, to };
  }, [here, range, from, to]);

  const go = useCallback(
    (change: Partial<EventSearch>, options?: { replace?: boolean }) => {
      void navigate({
        to: '/events',
        search: (old) => readEventSearch({ ...(here ? old : lastRange), ...change }),
        replace: options?.replace,
      });
    },
    [navigate, here],
  );
  const setRange = useCallback((next: Range) => go(writeRange(next)), [go]);
  return { here, search, range: readRange(search), go, setRange };
}
