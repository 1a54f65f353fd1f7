import { useCallback } from 'react';
import { api } from '@/api/client';
import type { DeviceEvent } from '@/api/types';
import { useDeviceAddress } from '@/app/deviceSearch';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { deviceHref } from '@/app/search';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { Listing } from '@/primitives/Listing';
import { Empty } from '@/primitives/State';
import { DeviceDrawer } from './DeviceDrawer';
import { deviceOfKey, keyOfEvent } from './describe';
import { useDeviceEventColumns } from './eventColumns';
import { NoDevices } from './NoDevices';
import { useDeviceEventResults } from './useDeviceResults';

const hrefOf = (row: DeviceEvent) => deviceHref(row.device, 'events');

/** What happened with devices, the newest first. */
export function DeviceEvents() {
  const { t, fmt } = useI18n();
  const { search, range, go } = useDeviceAddress();
  const { live } = usePreferences();
  const order = search.order ?? 'desc';
  const { of, pages, count, news, refresh, question } = useDeviceEventResults(search.q, range, order, live);
  const counted = count.data;
  const total = counted && !counted.at_least ? counted.count : undefined;
  const onOpen = useCallback((d: string | undefined, replace?: boolean) => go({ d }, replace), [go]);
  return (
    <Listing
      id="device-events"
      label={t('devices.tab.events')}
      columns={useDeviceEventColumns()}
      pages={pages}
      keyOf={keyOfEvent}
      hrefOf={hrefOf}
      total={total}
      question={question}
      sort={{ column: 'time', descending: order === 'desc' }}
      onSort={() => go({ order: order === 'desc' ? 'asc' : undefined })}
      open={search.d}
      onOpen={onOpen}
      beside={(key, row) => <DeviceDrawer id={deviceOfKey(key)} event={row} onClose={() => onOpen(undefined)} />}
      summary={
        counted ? (
          <span data-testid="device-event-count">
            {counted.at_least
              ? t('events.moreThan', { events: fmt.number(counted.count) })
              : t('events.count', { n: counted.count, events: fmt.number(counted.count) })}
          </span>
        ) : null
      }
      tools={<ExportMenu name="device-events" address={(format) => api.deviceEventExport(of, format)} total={total} />}
      news={{
        count: news,
        text: t('events.new', { n: news, events: fmt.number(news) }),
        onShow: () => {
          if (order === 'asc') go({ order: undefined });
          refresh();
        },
      }}
      refresh={refresh}
      failed={t('devices.eventsFailed')}
      moreFailed={t('events.moreFailed')}
      refused={() => <Empty title={t('filter.faulty')}>{t('filter.faultyText')}</Empty>}
      none={() => <NoDevices events />}
    />
  );
}
