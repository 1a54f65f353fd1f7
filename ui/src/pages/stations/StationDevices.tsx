import { useMemo } from 'react';
import { queries } from '@/api/queries';
import type { Station, StationDevice, StationDevicePage } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { deviceHref } from '@/app/search';
import { toldColumns } from '@/pages/devices/columns';
import { DeviceDrawer } from '@/pages/devices/DeviceDrawer';
import { valueFor } from '@/pages/devices/describe';
import { Presence, Spread } from '@/pages/devices/parts';
import type { Column } from '@/primitives/DataTable/types';
import { Listing } from '@/primitives/Listing';
import { Quiet } from '@/primitives/Page';
import { Empty } from '@/primitives/State';
import { CodeCell, HostileText, TimeCell } from '@/primitives/Text';
import { usePages } from '@/primitives/usePages';

const rowsOf = (page: StationDevicePage) => page.devices;
const deviceOf = (row: StationDevice) => row.device;
const numberOf = (row: StationDevice) => row.device.id;
const keyOf = (row: StationDevice) => String(row.device.id);
const hrefOf = (row: StationDevice) => deviceHref(row.device.id);

interface StationDevicesProps {
  station: Station;
  /** The device that lies open, as the address says. */
  open: string | undefined;
  onOpen(device: string | undefined): void;
}

/** The USB devices that a station had, those first that it had last. */
export function StationDevices({ station, open, onOpen }: StationDevicesProps) {
  const { t } = useI18n();
  const pages = usePages(
    queries.stationDevices(station.id) as Parameters<typeof usePages<StationDevicePage, StationDevice>>[0],
    rowsOf,
    keyOf,
  );
  return (
    <Listing
      id="station-devices"
      label={t('tab.devices')}
      columns={useColumns()}
      pages={pages}
      keyOf={keyOf}
      hrefOf={hrefOf}
      question={String(station.id)}
      open={open}
      onOpen={onOpen}
      beside={(id, row) => <DeviceDrawer id={Number(id)} row={row?.device} onClose={() => onOpen(undefined)} />}
      summary={<Quiet>{t('station.devicesNote')}</Quiet>}
      failed={t('devices.failed')}
      moreFailed={t('devices.moreFailed')}
      none={() => (
        <Empty title={t('station.noDevices')}>
          {t(station.origin === 'imported' ? 'station.noDevicesImported' : 'devices.noneText')}
        </Empty>
      )}
    />
  );
}

function useColumns(): Column<StationDevice>[] {
  const { t, fmt } = useI18n();
  return useMemo(() => {
    const told = toldColumns(t, deviceOf, numberOf);
    const time = (member: 'first_seen' | 'last_seen', header: string, wideOnly: boolean): Column<StationDevice> => ({
      id: member,
      header,
      width: 148,
      wideOnly,
      render: (row) => <TimeCell>{row[member]}</TimeCell>,
    });
    return [
      { ...told.name, width: 152, grow: true },
      told.classes,
      told.numbers,
      told.serial,
      {
        id: 'present',
        header: t('device.presence'),
        width: 108,
        render: (row) => <Presence n={row.present ? 1 : 0} />,
      },
      time('last_seen', t('device.lastHere'), false),
      time('first_seen', t('device.firstHere'), true),
      {
        id: 'plugs',
        header: t('device.plugsHere'),
        width: 88,
        align: 'end',
        render: (row) => fmt.number(row.plugs),
      },
      {
        id: 'mounts',
        header: t('device.mounts'),
        width: 88,
        wideOnly: true,
        render: (row) => <HostileText limit={200}>{row.mounts.join(', ')}</HostileText>,
      },
      {
        id: 'volume_serial',
        header: t('device.volumeSerial'),
        width: 104,
        wideOnly: true,
        copied: true,
        value: (row) => valueFor('volume_serial', row.volumes.find((volume) => volume.serial)?.serial, t),
        render: (row) => (
          <CodeCell>
            {row.volumes
              .map((volume) => volume.serial)
              .filter(Boolean)
              .join(', ')}
          </CodeCell>
        ),
      },
      {
        id: 'stations',
        header: t('device.stations'),
        width: 84,
        render: (row) => <Spread device={row.device} />,
      },
      told.vendorName,
      told.productName,
      told.vendorId,
      told.productId,
      {
        id: 'device_name',
        header: t('device.instance'),
        width: 280,
        hidden: true,
        value: (row) => ({ field: 'device_name', value: row.device_name }),
        render: (row) => <CodeCell>{row.device_name}</CodeCell>,
      },
    ];
  }, [t, fmt]);
}
