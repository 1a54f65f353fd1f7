import {
  type InfiniteData,
  keepPreviousData,
  type QueryKey,
  type UseInfiniteQueryOptions,
  useInfiniteQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

/** A page of a list that the server hands out by key. */
export interface KeyPage {
  next?: string;
  complete?: boolean;
  searched_to?: string;
}

export interface Pages<Row, Page = KeyPage> {
  rows: Row[];
  /** The page that the list begins with. */
  first?: Page;
  /** No row is there yet and none may be shown in its place. */
  loading: boolean;
  /** The rows shown belong to the question before this one. */
  stale: boolean;
  fetchingMore: boolean;
  busy: boolean;
  error: Error | null;
  /** All has been read. */
  ended: boolean;
  /** The server stopped at its time limit, having looked back this far; it goes on when asked to. */
  cut: boolean;
  searchedTo?: string;
  /** Called as the reader nears the end. Does not go on by itself after a cut or a failure. */
  more(): void;
  /** Goes on whatever stopped it. */
  goOn(): void;
  stop(): void;
}

/**
 * Reads a list page by page, each from the cursor of the one before, and keeps
 * showing the old rows while those of a new question are on their way.
 */
export function usePages<Page extends KeyPage, Row>(
  options: UseInfiniteQueryOptions<Page, Error, InfiniteData<Page>, QueryKey, string | undefined>,
  rowsOf: (page: Page) => Row[],
  keyOf: (row: Row) => string,
): Pages<Row, Page> {
  const client = useQueryClient();
  const query = useInfiniteQuery({ ...options, placeholderData: keepPreviousData });
  const { data, fetchNextPage, refetch, hasNextPage, isFetching, isFetchingNextPage, isError } = query;

  const rows = useMemo(() => {
    const seen = new Set<string>();
    const found: Row[] = [];
    for (const page of data?.pages ?? []) {
      for (const row of rowsOf(page)) {
        const key = keyOf(row);
        if (seen.has(key)) continue;
        seen.add(key);
        found.push(row);
      }
    }
    return found;
  }, [data, rowsOf, keyOf]);

  const last = data?.pages.at(-1);
  const cut = last !== undefined && last.complete === false;
  const goOn = useCallback(() => {
    if (isFetching) return;
    if (isError && data === undefined) void refetch();
    else void fetchNextPage({ cancelRefetch: false });
  }, [isFetching, isError, data, refetch, fetchNextPage]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching && !isError && !cut) void fetchNextPage({ cancelRefetch: false });
  }, [hasNextPage, isFetching, isError, cut, fetchNextPage]);

  return {
    rows,
    first: data?.pages[0],
    loading: query.isPending,
    stale: query.isPlaceholderData,
    fetchingMore: isFetchingNextPage,
    busy: isFetching,
    error: query.error,
    ended: data !== undefined && !hasNextPage,
    cut,
    searchedTo: last?.searched_to,
    more,
    goOn,
    stop: () => void client.cancelQueries({ queryKey: options.queryKey }),
  };
}
