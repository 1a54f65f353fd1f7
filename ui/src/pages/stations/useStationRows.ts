import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { api } from '@/api/client';
import { pageSize, type queries } from '@/api/queries';
import type { Station, StationPage } from '@/api/types';
import { useFollow } from '@/app/useFollow';
import { usePages } from '@/primitives/usePages';
import { useThrottled } from '@/primitives/useThrottled';
import { freshen } from './fresh';

const rowsOf = (page: StationPage) => page.stations;
export const keyOf = (station: Station) => String(station.id);

/** How often the figures of the fleet are brought up to date while events stream in. */
const figuresEvery = 30_000;
/** How often the rows are. No event tells that a station fell silent, or that its agent came up. */
const rowsEvery = 10_000;

interface How {
  live: boolean;
  /** What the list is sorted by never changes. */
  settled: boolean;
  /** Called when other figures of the fleet may have changed too. */
  onStored(): void;
}

/** A list of stations, whose figures are kept up to date where they stand; new ones wait until they are asked for. */
export function useStationRows(options: ReturnType<typeof queries.stations>, { live, settled, onStored }: How) {
  const client = useQueryClient();
  const [asked, setAsked] = useState(() => Date.now());
  const queryKey = [...options.queryKey, asked] as const;
  const pages = usePages(
    // What is being read stays put: new rows come when they are asked for.
    { ...options, queryKey, staleTime: Number.POSITIVE_INFINITY } as unknown as Parameters<
      typeof usePages<StationPage, Station>
    >[0],
    rowsOf,
    keyOf,
  );
  const read = Math.max(1, Math.ceil(pages.rows.length / pageSize));
  const following = live && !pages.loading && !pages.stale && !pages.error;
  const latest = useQuery({
    queryKey: [...queryKey, 'latest'],
    queryFn: async () => {
      const key = [...queryKey, 'latest pages'] as unknown as typeof options.queryKey;
      const found = await client.fetchInfiniteQuery({
        ...options,
        queryKey: key,
        pages: read,
        staleTime: 0,
        gcTime: 0,
      });
      return found.pages.flatMap(rowsOf);
    },
    enabled: following && !pages.busy,
    refetchInterval: rowsEvery,
  });
  useFollow(following ? api.liveAddress(undefined, new Date(asked).toISOString()) : undefined, {
    onStored: useThrottled(onStored, figuresEvery),
  });

  const fresh = useMemo(
    () =>
      latest.data && !pages.stale
        ? freshen(pages.rows, latest.data, { ended: pages.ended, settled })
        : { rows: pages.rows, news: 0 },
    [latest.data, pages.rows, pages.stale, pages.ended, settled],
  );
  const refresh = useCallback(() => setAsked((old) => Math.max(Date.now(), old + 1)), []);
  return { pages, rows: fresh.rows, news: following ? fresh.news : 0, refresh, question: JSON.stringify(queryKey) };
}
