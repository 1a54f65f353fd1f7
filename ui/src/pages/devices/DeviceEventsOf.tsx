import { Button } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Device, DeviceEvent, DeviceEventPage } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { devicesHref, stationHref } from '@/app/search';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Facts } from '@/primitives/Facts';
import { Listing } from '@/primitives/Listing';
import { Empty } from '@/primitives/State';
import { usePages } from '@/primitives/usePages';
import { keyOfEvent } from './describe';
import { useDeviceEventColumns } from './eventColumns';
import { eventFacts } from './facts';

const rowsOf = (page: DeviceEventPage) => page.events;
const hrefOf = (row: DeviceEvent) => stationHref(row.station.id, 'devices');

interface DeviceEventsOfProps {
  device: Device;
  /** The event that lies open, as the address says. */
  open: string | undefined;
  onOpen(event: string | undefined): void;
}

/** The events of one device, the newest first. */
export function DeviceEventsOf({ device, open, onOpen }: DeviceEventsOfProps) {
  const { t, fmt } = useI18n();
  const pages = usePages(
    queries.deviceEvents({ device: device.id }, 'desc') as Parameters<typeof usePages<DeviceEventPage, DeviceEvent>>[0],
    rowsOf,
    keyOfEvent,
  );
  const { data: counted } = useQuery(queries.deviceEventCount({ device: device.id }));
  return (
    <Listing
      id="device-events-of"
      label={t('devices.tab.events')}
      columns={useDeviceEventColumns('device')}
      pages={pages}
      keyOf={keyOfEvent}
      hrefOf={hrefOf}
      total={counted && !counted.at_least ? counted.count : undefined}
      question={String(device.id)}
      open={open}
      onOpen={onOpen}
      beside={(_, event) =>
        event ? (
          <Drawer label={t(`kind.${event.kind}`)} onClose={() => onOpen(undefined)}>
            <Facts groups={[eventFacts(event, t, fmt)]} />
          </Drawer>
        ) : null
      }
      summary={
        counted
          ? t(counted.at_least ? 'events.moreThan' : 'events.count', {
              n: counted.count,
              events: fmt.number(counted.count),
            })
          : null
      }
      tools={
        <Button
          size="compact-md"
          component="a"
          href={devicesHref({ q: `device_id:${device.id}`, range: 'all' })}
          leftSection={<IconExternalLink size={14} />}
        >
          {t('device.openEvents')}
        </Button>
      }
      failed={t('devices.eventsFailed')}
      moreFailed={t('events.moreFailed')}
      none={() => <Empty title={t('device.noTrail')} />}
    />
  );
}
