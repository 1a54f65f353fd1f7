import { Button } from '@mantine/core';
import { IconCopy, IconTimeline } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { ApiError, api } from '@/api/client';
import { queries } from '@/api/queries';
import type { WholeDevice } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { devicesHref, readThingSearch, type ThingSearch } from '@/app/search';
import { useFollow } from '@/app/useFollow';
import { useCoverageOf } from '@/pages/coverage/useCoverageOf';
import { Across, Board } from '@/primitives/Board';
import { Facts } from '@/primitives/Facts';
import { visible } from '@/primitives/hostile';
import { Bar, Page } from '@/primitives/Page';
import { PageTabs } from '@/primitives/PageTabs';
import { Failure, Waiting } from '@/primitives/State';
import { useCopy } from '@/primitives/useCopy';
import { useThrottled } from '@/primitives/useThrottled';
import { DeviceEventsOf } from './DeviceEventsOf';
import { DeviceHeader } from './DeviceHeader';
import { DeviceNames, DeviceVolumes } from './DeviceParts';
import { DeviceStations } from './DeviceStations';
import { nameOf } from './describe';
import { deviceFacts } from './facts';
import { Trail } from './Trail';

/** At most how often what is shown is read anew while records stream in. */
const every = 5_000;

export function DevicePage() {
  const { t } = useI18n();
  const { id } = useParams({ from: '/shell/devices/$id' });
  const number = Number(id);
  const valid = Number.isSafeInteger(number) && number > 0;
  const found = useQuery({ ...queries.device(number), enabled: valid });
  if (found.data) return <Known key={number} device={found.data} />;
  const error = valid ? found.error : new ApiError({ status: 404 });
  return (
    <Page title={t('device.one')} headless>
      {error ? (
        <Failure what={t('device.failed')} error={error} onRetry={valid ? () => void found.refetch() : undefined} />
      ) : (
        <Waiting lines={12} />
      )}
    </Page>
  );
}

function Known({ device }: { device: WholeDevice }) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const { live } = usePreferences();
  const client = useQueryClient();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/devices/$id' });
  const id = String(device.id);
  const go = useCallback(
    (change: ThingSearch, replace = false) =>
      void navigate({
        to: '/devices/$id',
        params: { id },
        search: (old) => readThingSearch({ ...old, ...change }),
        replace,
      }),
    [navigate, id],
  );
  const open = search.p;
  const onOpen = useCallback((p: string | undefined) => go({ p }, p !== undefined && open !== undefined), [go, open]);
  const [since] = useState(() => new Date().toISOString());
  const readAnew = useThrottled(() => void client.invalidateQueries({ queryKey: ['device', device.id] }), every);
  useFollow(live ? api.liveAddress(undefined, since) : undefined, { onDevices: readAnew });
  useCoverageOf({ from: device.first_seen });
  const { serial } = device;
  return (
    <Page title={visible(nameOf(device))} own fill>
      <Bar>
        <Button
          size="compact-sm"
          component="a"
          leftSection={<IconTimeline size={14} />}
          href={devicesHref({ q: `device_id:${device.id}`, range: 'all' })}
        >
          {t('device.events')}
        </Button>
        {serial ? (
          <Button size="compact-sm" leftSection={<IconCopy size={14} />} onClick={() => copy(serial)}>
            {t('device.copySerial')}
          </Button>
        ) : null}
        <Button
          size="compact-sm"
          leftSection={<IconCopy size={14} />}
          onClick={() => copy(JSON.stringify(device, null, 2))}
        >
          {t('binary.copyRecord')}
        </Button>
      </Bar>
      <DeviceHeader device={device} names={device.names.length} page />
      <PageTabs
        value={search.tab}
        onChange={(tab) => go({ tab, p: undefined })}
        tabs={[
          {
            id: 'trail',
            label: t('device.tab.trail'),
            body: () => (
              <Board>
                <Across>
                  <Trail id={device.id} />
                </Across>
                <Across>
                  <DeviceStations id={device.id} />
                </Across>
                <DeviceVolumes device={device} />
                <DeviceNames names={device.names} />
              </Board>
            ),
          },
          { id: 'facts', label: t('device.tab.facts'), body: () => <Facts groups={deviceFacts(device, t, fmt)} /> },
          {
            id: 'events',
            label: t('device.tab.events'),
            fill: true,
            body: () => <DeviceEventsOf device={device} open={open} onOpen={onOpen} />,
          },
        ]}
      />
    </Page>
  );
}
