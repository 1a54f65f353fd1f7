import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { type Range, readRange, writeRange } from './range';
import { type EventList, type EventSearch, readEventSearch } from './search';

/** The last span looked at: leaving a list of events and coming back keeps it. */
let lastRange: Pick<EventSearch, 'range' | 'from' | 'to'> = {};

export interface EventAddress {
  /** Whether a list of events is what is shown. */
  here: boolean;
  /** The list shown; that of all events, where none is. */
  list: EventList;
  search: EventSearch;
  range: Range;
  /** Goes to the list with something changed. */
  go(change: Partial<EventSearch>, options?: { replace?: boolean }): void;
  setRange(range: Range): void;
}

/** What is asked of the list of events, from wherever one is. */
export function useEventAddress(): EventAddress {
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const list: EventList = location.pathname === '/processes' ? 'processes' : 'events';
  const here = location.pathname === `/${list}`;
  const search: EventSearch = here ? readEventSearch(location.search as Record<string, unknown>) : lastRange;
  const { range, from, to } = search;

  useEffect(() => {
    if (here) lastRange = { range, from, to };
  }, [here, range, from, to]);

  const go = useCallback(
    (change: Partial<EventSearch>, options?: { replace?: boolean }) => {
      void navigate({
        to: `/${list}`,
        search: (old) => readEventSearch({ ...(here ? old : lastRange), ...change }),
        replace: options?.replace,
      });
    },
    [navigate, here, list],
  );
  const setRange = useCallback((next: Range) => go(writeRange(next)), [go]);
  return { here, list, search, range: readRange(search), go, setRange };
}
