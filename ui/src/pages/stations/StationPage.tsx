import { Button } from '@mantine/core';
import { IconTimeline } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ApiError } from '@/api/client';
import { queries } from '@/api/queries';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref, readThingSearch, type ThingSearch } from '@/app/search';
import { EventsOf } from '@/pages/events/EventsOf';
import { running } from '@/pages/events/running';
import { StationTasks } from '@/pages/tasks/StationTasks';
import { visible } from '@/primitives/hostile';
import { Bar, Page } from '@/primitives/Page';
import { PageTabs } from '@/primitives/PageTabs';
import { Failure, Waiting } from '@/primitives/State';
import { Health } from './Health';
import { StationBinaries } from './StationBinaries';
import { StationDevices } from './StationDevices';
import { StationGaps } from './StationGaps';
import { eventsOf, StationHeader } from './StationHeader';
import { StationMenu } from './StationMenu';
import { StationUsers } from './StationUsers';
import { readSpan, usualSpan } from './span';
import { Timeline } from './Timeline';

export function StationPage() {
  const { t } = useI18n();
  const { id } = useParams({ from: '/shell/stations/$id' });
  const number = Number(id);
  const valid = Number.isSafeInteger(number) && number > 0;
  const found = useQuery({ ...queries.station(number), enabled: valid });
  // A station that was removed leaves its last answer behind.
  if (found.data && !found.error) return <Known key={number} station={found.data} />;
  const error = valid ? found.error : new ApiError({ status: 404 });
  return (
    <Page title={t('field.station')} headless>
      {error ? (
        <Failure what={t('station.failed')} error={error} onRetry={valid ? () => void found.refetch() : undefined} />
      ) : (
        <Waiting lines={12} />
      )}
    </Page>
  );
}

function Known({ station }: { station: Station }) {
  const { t, fmt } = useI18n();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/stations/$id' });
  const go = (change: ThingSearch, replace = false) =>
    void navigate({
      to: '/stations/$id',
      params: { id: String(station.id) },
      search: (old) => readThingSearch({ ...old, ...change }),
      replace,
    });
  const beside = {
    open: search.p,
    onOpen: (p: string | undefined) => go({ p }, p !== undefined && search.p !== undefined),
  };
  const figure = (n: number | undefined) => (n === undefined ? undefined : fmt.number(n));
  return (
    <Page title={visible(station.name)} own fill>
      <Bar>
        <Button
          size="compact-sm"
          component="a"
          leftSection={<IconTimeline size={14} />}
          href={eventsHref({ q: eventsOf(station), range: 'all' })}
        >
          {t('stations.events')}
        </Button>
        <StationMenu station={station} onRemoved={() => void navigate({ to: '/stations', replace: true })} />
      </Bar>
      <StationHeader station={station} page />
      <PageTabs
        value={search.tab}
        onChange={(tab) => go({ tab, p: undefined, cause: undefined })}
        tabs={[
          {
            id: 'timeline',
            label: t('station.tab.timeline'),
            body: () => (
              <Timeline
                station={station}
                span={readSpan(search.span)}
                onSpan={(span) => go({ span: span === usualSpan ? undefined : span }, true)}
              />
            ),
          },
          {
            id: 'running',
            label: t('station.tab.running'),
            fill: true,
            body: () => (
              <EventsOf
                id="station-running"
                label={t('station.tab.running')}
                list="processes"
                without="station"
                q={`${eventsOf(station)} ${running}`}
                note={t('station.runningNote')}
                none={t('station.noneRunning')}
                {...beside}
              />
            ),
          },
          {
            id: 'health',
            label: t('station.tab.health'),
            body: () => <Health station={station} />,
          },
          {
            id: 'gaps',
            label: t('station.tab.gaps'),
            count: figure(station.agent?.gaps_7d || undefined),
            fill: true,
            body: () => (
              <StationGaps
                station={station}
                span={readSpan(search.span)}
                onSpan={(span) => go({ span: span === usualSpan ? undefined : span, p: undefined }, true)}
                cause={search.cause}
                onCause={(cause) => go({ cause, p: undefined })}
                {...beside}
              />
            ),
          },
          {
            id: 'tasks',
            label: t('station.tab.tasks'),
            fill: true,
            body: () => <StationTasks station={station} {...beside} />,
          },
          {
            id: 'events',
            label: t('station.tab.events'),
            fill: true,
            body: () => (
              <EventsOf
                id="station-events"
                label={t('station.tab.events')}
                q={eventsOf(station)}
                without="station"
                {...beside}
              />
            ),
          },
          {
            id: 'binaries',
            label: t('station.tab.binaries'),
            count: figure(station.binaries),
            fill: true,
            body: () => <StationBinaries station={station} {...beside} />,
          },
          {
            id: 'devices',
            label: t('tab.devices'),
            fill: true,
            body: () => <StationDevices station={station} {...beside} />,
          },
          {
            id: 'users',
            label: t('station.tab.users'),
            count: figure(station.users),
            body: () => <StationUsers station={station} />,
          },
        ]}
      />
    </Page>
  );
}
