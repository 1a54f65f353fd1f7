import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useCallback } from 'react';
import { type Range, readRange, writeRange } from './range';
import { type DeviceSearch, readDeviceSearch } from './search';

export interface DeviceAddress {
  /** Whether the page of USB devices is what is shown. */
  here: boolean;
  search: DeviceSearch;
  range: Range;
  /** Goes to the page with something changed. */
  go(change: Partial<DeviceSearch>, replace?: boolean): void;
  setRange(range: Range): void;
}

const path = '/devices';
/** From elsewhere all time is asked of: devices are few, and rarely of today. */
const everything: DeviceSearch = writeRange({ kind: 'all' });

/** What is asked of USB devices, from wherever one is. */
export function useDeviceAddress(): DeviceAddress {
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const here = location.pathname === path;
  const search = here ? readDeviceSearch(location.search as Record<string, unknown>) : everything;
  const go = useCallback(
    (change: Partial<DeviceSearch>, replace?: boolean) =>
      void navigate({
        to: path,
        search: (old) => readDeviceSearch({ ...(here ? old : everything), ...change }),
        replace,
      }),
    [navigate, here],
  );
  const setRange = useCallback((next: Range) => go(writeRange(next)), [go]);
  return { here, search, range: readRange(search), go, setRange };
}
