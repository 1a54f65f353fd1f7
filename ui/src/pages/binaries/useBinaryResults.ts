import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api, type Order } from '@/api/client';
import { queries } from '@/api/queries';
import type { Binary, BinaryPage, BinarySort } from '@/api/types';
import { useFollow } from '@/app/useFollow';
import { within } from '@/primitives/FilterBar/terms';
import { usePages } from '@/primitives/usePages';
import { useThrottled } from '@/primitives/useThrottled';
import { spanOf } from './firstSeen';

const rowsOf = (page: BinaryPage) => page.binaries;
export const keyOf = (row: Binary) => String(row.id);

/** At most how often it is asked how many are new while events stream in. */
const newsEvery = 5_000;
const buckets = 120;

/** The answer to a search for binaries: rows by page, their count, when they were first seen, and how many are new. */
export function useBinaryResults(q: string | undefined, sort: BinarySort, order: Order, live: boolean) {
  const client = useQueryClient();
  const [asked, setAsked] = useState(() => Date.now());
  const options = queries.binaries({ q, sort, order });
  const pages = usePages(
    {
      ...options,
      queryKey: [...options.queryKey, asked] as const,
      // What is being read stays put: new rows come when they are asked for.
      staleTime: Number.POSITIVE_INFINITY,
    } as Parameters<typeof usePages<BinaryPage, Binary>>[0],
    rowsOf,
    keyOf,
  );
  const count = useQuery({ ...queries.binaryCount(q), placeholderData: keepPreviousData });
  const histogram = useQuery({
    ...queries.binaryHistogram({ q, ...spanOf(q ?? '') }, buckets),
    placeholderData: keepPreviousData,
  });

  // Numbers are given in the order in which binaries come: an imported log brings new ones that ran long ago.
  const newest = pages.first && !pages.stale ? (pages.first.newest ?? 0) : undefined;
  const following = live && newest !== undefined && !pages.error;
  const newsKey = ['binaries', 'news', q, newest] as const;
  const { data: news } = useQuery({
    queryKey: newsKey,
    queryFn: ({ signal }) => api.binaryCount(within(`binary_id:>${newest}`, q), signal),
    enabled: following,
  });
  const askNews = useThrottled(() => void client.invalidateQueries({ queryKey: newsKey }), newsEvery);
  useFollow(following ? api.liveAddress(undefined, new Date(asked).toISOString()) : undefined, { onStored: askNews });

  const refresh = useCallback(() => {
    setAsked((old) => Math.max(Date.now(), old + 1));
    void client.invalidateQueries({ queryKey: ['binaries', 'count'] });
    void client.invalidateQueries({ queryKey: ['binaries', 'histogram'] });
    void client.invalidateQueries({ queryKey: ['binaries', 'facets'] });
  }, [client]);

  return {
    pages,
    count,
    histogram,
    news: following && news ? news : { count: 0, at_least: false },
    refresh,
    question: JSON.stringify([q, sort, order, asked]),
  };
}
