import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import { useDeviceAddress } from '@/app/deviceSearch';
import { useI18n } from '@/app/i18n';
import { devicesHref } from '@/app/search';
import { Empty } from '@/primitives/State';
import { useRangeName } from '@/primitives/TimeRange';

/** Why no device, or no event of one, is listed, and what to do. */
export function NoDevices({ events }: { events?: boolean }) {
  const { t } = useI18n();
  const { search, range } = useDeviceAddress();
  const name = useRangeName();
  const { data: all } = useQuery(queries.deviceCount());
  if (all?.count === 0) return <Empty title={t('devices.none')}>{t('devices.noneText')}</Empty>;
  const limited = events && range.kind !== 'all';
  const to = (change: Partial<typeof search>) => devicesHref({ ...search, d: undefined, ...change });
  return (
    <Empty
      title={search.q ? t(events ? 'events.noneMatch' : 'devices.noneMatch') : t('devices.noneInRange')}
      actions={
        <>
          {limited ? (
            <Anchor href={to({ range: 'all', from: undefined, to: undefined })}>{t('events.lookEverywhere')}</Anchor>
          ) : null}
          {search.q ? <Anchor href={to({ q: undefined })}>{t('events.withoutFilter')}</Anchor> : null}
          {events ? <Anchor href={to({ tab: 'devices' })}>{t('devices.seeDevices')}</Anchor> : null}
        </>
      }
    >
      {limited ? t('events.rangeIs', { range: name(range) }) : search.q ? t('devices.noneMatchText') : null}
    </Empty>
  );
}
