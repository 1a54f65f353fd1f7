import { useCallback } from 'react';
import { api } from '@/api/client';
import type { Device, DeviceSort } from '@/api/types';
import { useDeviceAddress } from '@/app/deviceSearch';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { deviceHref } from '@/app/search';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { Listing } from '@/primitives/Listing';
import { Empty } from '@/primitives/State';
import { useDeviceColumns } from './columns';
import { DeviceDrawer } from './DeviceDrawer';
import { NoDevices } from './NoDevices';
import { keyOfDevice, useDeviceResults } from './useDeviceResults';

const hrefOf = (row: Device) => deviceHref(row.id);

/** Which devices there are, those seen last first. */
export function DeviceList() {
  const { t, fmt } = useI18n();
  const { search, go } = useDeviceAddress();
  const { live } = usePreferences();
  const sort = search.sort ?? 'last_seen';
  const order = search.order ?? 'desc';
  const { pages, count, news, refresh, question } = useDeviceResults(search.q, sort, order, live);
  const total = count.data && !count.data.at_least ? count.data.count : undefined;
  const onOpen = useCallback((d: string | undefined, replace?: boolean) => go({ d }, replace), [go]);
  const onSort = (column: string) =>
    // The same column turns the order round; another one begins with the newest or the most, a name with A.
    column === sort
      ? go({ order: order === 'asc' ? undefined : 'asc' })
      : go({ sort: column as DeviceSort, order: column === 'name' ? 'asc' : undefined });
  return (
    <Listing
      id="devices"
      label={t('devices.tab.devices')}
      columns={useDeviceColumns()}
      pages={pages}
      keyOf={keyOfDevice}
      hrefOf={hrefOf}
      total={total}
      question={question}
      sort={{ column: sort, descending: order === 'desc' }}
      onSort={onSort}
      open={search.d}
      onOpen={onOpen}
      beside={(id, row) => <DeviceDrawer id={Number(id)} row={row} onClose={() => onOpen(undefined)} />}
      summary={
        count.data ? (
          <span data-testid="device-count">
            {count.data.at_least
              ? t('devices.moreThan', { devices: fmt.number(count.data.count) })
              : t('devices.count', { n: count.data.count, devices: fmt.number(count.data.count) })}
          </span>
        ) : null
      }
      tools={
        <ExportMenu
          name="devices"
          address={(format) => api.deviceExport({ q: search.q, sort, order }, format)}
          total={total}
        />
      }
      news={{
        count: news.count,
        text: t('devices.new', { n: news.count, devices: `${fmt.number(news.count)}${news.at_least ? '+' : ''}` }),
        onShow: () => {
          if (sort !== 'first_seen' || order === 'asc') go({ sort: 'first_seen', order: undefined });
          refresh();
        },
      }}
      refresh={refresh}
      failed={t('devices.failed')}
      moreFailed={t('devices.moreFailed')}
      refused={() => <Empty title={t('filter.faulty')}>{t('filter.faultyText')}</Empty>}
      none={() => <NoDevices />}
    />
  );
}
