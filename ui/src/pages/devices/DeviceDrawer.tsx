import { Button } from '@mantine/core';
import { IconCopy, IconExternalLink, IconTimeline } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Device, DeviceEvent, WholeDevice } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { deviceHref } from '@/app/search';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Facts } from '@/primitives/Facts';
import { visible } from '@/primitives/hostile';
import { Failure, Waiting } from '@/primitives/State';
import { useCopy } from '@/primitives/useCopy';
import { DeviceHeader } from './DeviceHeader';
import { DeviceStations } from './DeviceStations';
import { nameOf } from './describe';
import { deviceFacts, eventFacts } from './facts';

interface DeviceDrawerProps {
  id: number;
  /** The row it was opened from: shown until the whole is there. */
  row?: Device;
  /** The event that the row tells, where it is one. */
  event?: DeviceEvent;
  onClose(): void;
}

/** A device in short: which it is, and which stations had it. */
export function DeviceDrawer({ id, row, event, onClose }: DeviceDrawerProps) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const found = useQuery({
    ...queries.device(id),
    placeholderData: row && ({ ...row, volumes: [], names: [] } satisfies WholeDevice),
  });
  const device = found.data;
  const serial = device?.serial;
  return (
    <Drawer
      label={device ? visible(nameOf(device)) : t('device.one')}
      onClose={onClose}
      actions={
        <>
          <Button size="compact-sm" component="a" href={deviceHref(id)} leftSection={<IconExternalLink size={14} />}>
            {t('device.open')}
          </Button>
          <Button
            size="compact-sm"
            component="a"
            href={deviceHref(id, 'events')}
            leftSection={<IconTimeline size={14} />}
          >
            {t('device.events')}
          </Button>
          {serial ? (
            <Button size="compact-sm" leftSection={<IconCopy size={14} />} onClick={() => copy(serial)}>
              {t('device.copySerial')}
            </Button>
          ) : null}
        </>
      }
    >
      {device ? (
        <>
          <DeviceHeader device={device} names={device.names.length} />
          {event ? <Facts groups={[eventFacts(event, t, fmt)]} /> : null}
          <DeviceStations id={id} short />
          <Facts groups={deviceFacts(device, t, fmt)} />
        </>
      ) : found.error ? (
        <Failure what={t('device.failed')} error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Waiting lines={10} />
      )}
    </Drawer>
  );
}
