import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import type { Search } from '@/api/client';
import { queries } from '@/api/queries';
import type { EventPage, EventRow } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';
import { type Range, resolve } from '@/app/range';
import type { EventList } from '@/app/search';
import { within } from '@/primitives/FilterBar/terms';
import { usePages } from '@/primitives/usePages';
import { useThrottled } from '@/primitives/useThrottled';

const rowsOf = (page: EventPage) => page.events;
const keyOf = (row: EventRow) => row.id;

/** At most how often figures are brought up to date while events stream in. */
const figuresEvery = 5_000;
const buckets = 120;

/** What a list shows of all events: one row for a process is that of its start, which knows its end too. */
const scopes: Record<EventList, string | undefined> = {
  events: undefined,
  processes: 'kind:(start OR running)',
};

/** The answer to a search: rows by page, their count and their spread over time. */
export function useEventResults(
  filter: string | undefined,
  range: Range,
  order: 'asc' | 'desc',
  list: EventList = 'events',
) {
  const q = within(scopes[list], filter);
  const client = useQueryClient();
  const [asked, setAsked] = useState(() => Date.now());
  const rangeKey = JSON.stringify(range);
  // "The last hour" is fixed when it is asked for, so that all pages belong to one answer.
  const of = useMemo<Search>(() => ({ q, ...resolve(JSON.parse(rangeKey) as Range, asked) }), [q, rangeKey, asked]);

  const options = queries.events(of, order);
  const pages = usePages(
    { ...options, queryKey: [...options.queryKey, asked] as const } as Parameters<
      typeof usePages<EventPage, EventRow>
    >[0],
    rowsOf,
    keyOf,
  );
  const count = useQuery({ ...queries.eventCount(of), placeholderData: keepPreviousData });
  const histogram = useQuery({ ...queries.histogram(of, buckets), placeholderData: keepPreviousData });
  useTellCoverage(count.data?.coverage, { from: of.from, to: of.to });

  const askFigures = useCallback(() => {
    void client.invalidateQueries({ queryKey: ['events', 'count'] });
    void client.invalidateQueries({ queryKey: ['events', 'histogram'] });
  }, [client]);
  const refresh = useCallback(() => {
    setAsked((old) => Math.max(Date.now(), old + 1));
    askFigures();
  }, [askFigures]);
  const refreshFigures = useThrottled(askFigures, figuresEvery);

  return {
    of,
    at: asked,
    pages,
    count,
    histogram,
    refresh,
    refreshFigures,
    question: JSON.stringify([of, order, asked]),
  };
}
