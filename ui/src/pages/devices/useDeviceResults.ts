import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { api, type DeviceEventFilter, type Order } from '@/api/client';
import { queries } from '@/api/queries';
import type { Device, DeviceEvent, DeviceEventPage, DevicePage, DeviceSort } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';
import { type Range, reachesNow, resolve } from '@/app/range';
import { useFollow } from '@/app/useFollow';
import { within } from '@/primitives/FilterBar/terms';
import { usePages } from '@/primitives/usePages';
import { useThrottled } from '@/primitives/useThrottled';
import { keyOfEvent } from './describe';

const devicesOf = (page: DevicePage) => page.devices;
export const keyOfDevice = (row: Device) => String(row.id);
const eventsOf = (page: DeviceEventPage) => page.events;

/** At most how often it is asked how many are new while records stream in. */
const newsEvery = 5_000;

/** When a list was asked for. Each time anew makes another question of it. */
function useAsked() {
  const [asked, setAsked] = useState(() => Date.now());
  return { asked, again: useCallback(() => setAsked((old) => Math.max(Date.now(), old + 1)), []) };
}

/** Lets the stream of news tell when something was told of devices, as long as somebody wants to know. */
function useDeviceNews(following: boolean, asked: number, queryKey: readonly unknown[]) {
  const client = useQueryClient();
  const ask = useThrottled(() => void client.invalidateQueries({ queryKey }), newsEvery);
  useFollow(following ? api.liveAddress(undefined, new Date(asked).toISOString()) : undefined, { onDevices: ask });
}

/** The answer to a search for devices: rows by page, their count, and how many are new. */
export function useDeviceResults(q: string | undefined, sort: DeviceSort, order: Order, live: boolean) {
  const client = useQueryClient();
  const { asked, again } = useAsked();
  const options = queries.devices({ q, sort, order });
  const pages = usePages(
    {
      ...options,
      queryKey: [...options.queryKey, asked] as const,
      // What is being read stays put: new rows come when they are asked for.
      staleTime: Number.POSITIVE_INFINITY,
    } as Parameters<typeof usePages<DevicePage, Device>>[0],
    devicesOf,
    keyOfDevice,
  );
  const count = useQuery({ ...queries.deviceCount(q), placeholderData: keepPreviousData });
  const newest = pages.stale ? undefined : pages.first?.newest;
  const following = live && newest !== undefined && !pages.error;
  const newsKey = ['devices', 'news', q, newest] as const;
  const { data: news } = useQuery({
    queryKey: newsKey,
    queryFn: ({ signal }) => api.deviceCount(within(`device_id:>${newest}`, q), signal),
    enabled: following,
  });
  useDeviceNews(following, asked, newsKey);
  const refresh = useCallback(() => {
    again();
    void client.invalidateQueries({ queryKey: ['devices', 'count'] });
  }, [again, client]);
  return {
    pages,
    count,
    news: following && news ? news : { count: 0, at_least: false },
    refresh,
    question: JSON.stringify([q, sort, order, asked]),
  };
}

/** The answer to a search for events of devices: rows by page, their count, and how many are new. */
export function useDeviceEventResults(q: string | undefined, range: Range, order: Order, live: boolean) {
  const { asked, again } = useAsked();
  const rangeKey = JSON.stringify(range);
  // "The last hour" is fixed when it is asked for, so that all pages belong to one answer.
  const of = useMemo<DeviceEventFilter>(
    () => ({ q, ...resolve(JSON.parse(rangeKey) as Range, asked) }),
    [q, rangeKey, asked],
  );
  const options = queries.deviceEvents(of, order);
  const pages = usePages(
    {
      ...options,
      queryKey: [...options.queryKey, asked] as const,
      staleTime: Number.POSITIVE_INFINITY,
    } as Parameters<typeof usePages<DeviceEventPage, DeviceEvent>>[0],
    eventsOf,
    keyOfEvent,
  );
  const count = useQuery({
    queryKey: ['device-events', 'count', of, asked],
    queryFn: ({ signal }) => api.deviceEventCount(of, signal),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
  useTellCoverage(count.data?.coverage, { from: of.from, to: of.to });

  const counted = count.isPlaceholderData ? undefined : count.data;
  const following = live && reachesNow(range, asked) && counted !== undefined && !pages.error;
  const newsKey = ['device-events', 'news', of, asked] as const;
  // An event may come late and be an old one: how many there are now tells of those too.
  const { data: now } = useQuery({
    queryKey: newsKey,
    queryFn: ({ signal }) => api.deviceEventCount(of, signal),
    enabled: following,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useDeviceNews(following, asked, newsKey);
  return {
    of,
    pages,
    count,
    news: following && now ? Math.max(0, now.count - counted.count) : 0,
    refresh: again,
    question: JSON.stringify([of, order, asked]),
  };
}
