import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { FilterOf } from '@/api/client';
import { useDeviceAddress } from './deviceSearch';
import { useEventAddress } from './eventSearch';
import { binariesHref, devicesHref, eventsHref, readBinarySearch } from './search';

/** The list that the filter bar filters: the one that is shown, or the events from everywhere else. */
export interface FilterTarget {
  /** Whether that list is the page shown. */
  here: boolean;
  q: string;
  apply(q: string): void;
  hrefOf(q: string): string;
  /** What the filter chooses among; events, where absent. */
  of?: FilterOf;
}

export function useFilterTarget(): FilterTarget {
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const events = useEventAddress();
  const devices = useDeviceAddress();
  const toBinaries = useCallback(
    (q: string) =>
      void navigate({
        to: '/binaries',
        search: (old) => readBinarySearch({ ...old, q: q || undefined, b: undefined }),
      }),
    [navigate],
  );

  if (location.pathname === '/binaries') {
    const search = readBinarySearch(location.search as Record<string, unknown>);
    return {
      here: true,
      q: search.q ?? '',
      apply: toBinaries,
      hrefOf: (q) => binariesHref({ ...search, b: undefined, q }),
      of: 'binaries',
    };
  }
  if (devices.here || location.pathname.startsWith('/devices/')) {
    return {
      here: devices.here,
      q: devices.search.q ?? '',
      apply: (q) => devices.go({ q: q || undefined, d: undefined }),
      hrefOf: (q) => devicesHref({ ...devices.search, d: undefined, q }),
      of: 'devices',
    };
  }
  return {
    here: events.here,
    q: events.here ? (events.search.q ?? '') : '',
    apply: (q) => events.go({ q: q || undefined }),
    hrefOf: (q) => eventsHref({ ...events.search, p: undefined, q }, events.list),
  };
}
