import { Button, SegmentedControl } from '@mantine/core';
import { IconTimeline } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api } from '@/api/client';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { useBands } from '@/pages/coverage/useBands';
import { Lanes } from '@/primitives/Lanes/Lanes';
import { Bar, Quiet } from '@/primitives/Page';
import { Failure, Waiting } from '@/primitives/State';
import { spansOf } from './around';
import type { ProcessAddress } from './useAddress';

/** How many events to either side are drawn; more could not be told apart. */
const most = 500;
const minute = 60_000;

/** What else happened on the station around the start or the end of a process. */
export function Around({ row, address }: { row: EventRow; address: ProcessAddress }) {
  const { t, fmt } = useI18n();
  const { search, change } = address;
  const reach = Number(search.around ?? '5') * minute;
  const end = row.stopped === undefined ? undefined : Date.parse(row.stopped);
  const start = Date.parse(row.started ?? row.time);
  const at = search.edge === 'end' && end !== undefined ? end : start;
  const [from, to] = [at - reach, at + reach];
  const iso = (time: number) => new Date(time).toISOString();
  const q = `station_id:${row.station_id}`;
  const events = useQuery({
    queryKey: ['events', 'around', row.station_id, from, at, to],
    queryFn: async ({ signal }) => {
      const [before, after] = await Promise.all([
        api.events({ q, from: iso(from), to: iso(at) }, { limit: most, order: 'desc' }, signal),
        api.events({ q, from: iso(at), to: iso(to) }, { limit: most, order: 'asc' }, signal),
      ]);
      return {
        rows: [...before.events, ...after.events],
        cut: before.next !== undefined || after.next !== undefined,
        coverage: [before, after].map((part) => part.coverage).find((coverage) => coverage && !coverage.complete),
      };
    },
    placeholderData: keepPreviousData,
  });
  const bands = useBands(events.data?.coverage, { from: iso(from), to: iso(to) });
  const spans = useMemo(() => spansOf(row, events.data?.rows ?? [], t, fmt), [row, events.data, t, fmt]);

  return (
    <>
      <Bar>
        <SegmentedControl
          aria-label={t('around.reach')}
          value={search.around ?? '5'}
          onChange={(value) =>
            void change({ around: value === '5' ? undefined : (value as '1' | '30') }, { replace: true })
          }
          data={['1', '5', '30'].map((value) => ({ value, label: t('around.minutes', { n: Number(value) }) }))}
        />
        {end === undefined || end - start < minute ? null : (
          <SegmentedControl
            aria-label={t('around.edge')}
            value={search.edge ?? 'start'}
            onChange={(value) => void change({ edge: value === 'end' ? 'end' : undefined }, { replace: true })}
            data={[
              { value: 'start', label: t('around.start') },
              { value: 'end', label: t('around.end') },
            ]}
          />
        )}
        <Button
          size="compact-sm"
          component="a"
          href={eventsHref({ q, from: iso(from), to: iso(to), p: row.process })}
          leftSection={<IconTimeline size={14} />}
        >
          {t('around.events')}
        </Button>
        {events.data?.cut ? <Quiet>{t('around.cut', { most: fmt.number(most) })}</Quiet> : null}
      </Bar>
      {events.error ? (
        <Failure what={t('around.failed')} error={events.error} onRetry={() => void events.refetch()} />
      ) : events.data ? (
        <Lanes
          label={t('around.label', { from: fmt.dateTime(iso(from)), to: fmt.dateTime(iso(to)) })}
          spans={spans}
          from={from}
          to={to}
          mark={at}
          bands={bands}
        />
      ) : (
        <Waiting lines={8} />
      )}
    </>
  );
}
