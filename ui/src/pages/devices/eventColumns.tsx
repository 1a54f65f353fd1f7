import { Anchor } from '@mantine/core';
import { useMemo } from 'react';
import type { DeviceEvent } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationHref } from '@/app/search';
import type { Column } from '@/primitives/DataTable/types';
import { visible } from '@/primitives/hostile';
import { CodeCell, HostileText, TimeCell } from '@/primitives/Text';
import { toldColumns } from './columns';
import { valueFor, volumeText } from './describe';
import { KindChip, Noticed, Volumes } from './parts';

const itself = (row: DeviceEvent) => row;
const deviceOf = (row: DeviceEvent) => row.device;

/** The columns of a table of events of devices. `without`: what would say the same in every row. */
export function useDeviceEventColumns(without?: 'device'): Column<DeviceEvent>[] {
  const { t, fmt } = useI18n();
  return useMemo(() => {
    const told = toldColumns(t, itself, deviceOf);
    const text = (
      member: 'device_name' | 'revision' | 'missing',
      header: string,
      width: number,
    ): Column<DeviceEvent> => ({
      id: member,
      header,
      width,
      hidden: true,
      value: (row) => (row[member] ? { field: member, value: row[member] } : undefined),
      render: (row) => <CodeCell>{row[member]}</CodeCell>,
    });
    const columns: Column<DeviceEvent>[] = [
      {
        id: 'time',
        header: t('field.time'),
        width: 148,
        sortable: true,
        value: (row) => ({ field: 'time', value: row.time, filter: row.time.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length) }),
        render: (row) => <TimeCell mark={row.inferred ? <Noticed /> : null}>{row.time}</TimeCell>,
      },
      {
        id: 'kind',
        header: t('field.kind'),
        width: 104,
        value: (row) => ({ field: 'kind', value: row.kind }),
        render: (row) => <KindChip kind={row.kind} />,
      },
      {
        id: 'station',
        header: t('field.station'),
        width: 112,
        value: (row) => ({
          field: 'station',
          value: row.station.name,
          page: { href: stationHref(row.station.id, 'devices') },
        }),
        render: (row) => (
          <Anchor href={stationHref(row.station.id, 'devices')}>
            <HostileText limit={60}>{row.station.name}</HostileText>
          </Anchor>
        ),
      },
      { ...told.name, hidden: without === 'device' },
      { ...told.vendorName, hidden: without === 'device', wideOnly: true },
      { ...told.classes, hidden: without === 'device' },
      { ...told.numbers, hidden: without === 'device' },
      { ...told.serial, hidden: without === 'device' },
      {
        id: 'volumes',
        header: t('device.volumes'),
        width: 176,
        grow: true,
        value: (row) => {
          const volume = row.volumes?.[0];
          if (!volume) return undefined;
          return valueFor('volume_serial', volume.serial, t) ?? { value: volumeText(volume, fmt) };
        },
        render: (row) => {
          const volumes = row.volumes ?? [];
          return volumes.length === 0 ? null : (
            <span title={volumes.map((volume) => visible(volumeText(volume, fmt))).join('\n')}>
              <Volumes volumes={volumes} />
            </span>
          );
        },
      },
      {
        id: 'volume_serial',
        header: t('device.volumeSerial'),
        width: 128,
        hidden: without !== 'device',
        wideOnly: true,
        copied: true,
        value: (row) => valueFor('volume_serial', row.volumes?.find((volume) => volume.serial)?.serial, t),
        render: (row) => (
          <CodeCell>
            {row.volumes
              ?.map((volume) => volume.serial)
              .filter(Boolean)
              .join(', ')}
          </CodeCell>
        ),
      },
      {
        id: 'received',
        header: t('device.received'),
        width: 148,
        hidden: true,
        render: (row) => <TimeCell>{row.received}</TimeCell>,
      },
      told.productName,
      told.vendorId,
      told.productId,
      text('revision', t('device.revision'), 80),
      text('device_name', t('device.instance'), 280),
      text('missing', t('field.missing'), 144),
    ];
    return columns;
  }, [t, fmt, without]);
}
