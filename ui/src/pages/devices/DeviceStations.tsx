import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { deviceHref, stationHref } from '@/app/search';
import { InShort } from '@/primitives/InShort';
import { Loaded } from '@/primitives/Loaded';
import { MorePages } from '@/primitives/MorePages';
import { SmallTable } from '@/primitives/Page';
import { HostileText, TimeCell } from '@/primitives/Text';
import { Presence } from './parts';

const inShort = 5;

/** The stations that had a device, those first where it was last. */
export function DeviceStations({ id, short }: { id: number; short?: boolean }) {
  const { t, fmt } = useI18n();
  const stations = useInfiniteQuery(queries.deviceStations(id));
  const table = (
    <Loaded query={stations} failed={t('device.stationsFailed')}>
      {({ pages }) => {
        const all = pages.flatMap((page) => page.stations);
        return (
          <>
            <SmallTable
              label={t('device.stations')}
              head={
                short
                  ? [t('field.station'), t('device.lastSeen'), t('device.plugs')]
                  : [
                      t('field.station'),
                      t('device.firstSeen'),
                      t('device.lastSeen'),
                      t('device.plugs'),
                      t('device.mounts'),
                    ]
              }
              cut
              widths={short ? [undefined, 164, 96] : [undefined, 160, 160, 96, 136]}
            >
              {(short ? all.slice(0, inShort) : all).map((had) => (
                <tr key={had.station.id}>
                  <td>
                    <Anchor href={stationHref(had.station.id, 'devices')}>
                      <HostileText limit={60}>{had.station.name}</HostileText>
                    </Anchor>{' '}
                    <Presence n={had.present ? 1 : 0} />
                  </td>
                  {short ? null : (
                    <td>
                      <TimeCell>{had.first_seen}</TimeCell>
                    </td>
                  )}
                  <td>
                    <TimeCell>{had.last_seen}</TimeCell>
                  </td>
                  <td data-number="">{fmt.number(had.plugs)}</td>
                  {short ? null : (
                    <td>
                      <HostileText limit={120}>{had.mounts.join(', ')}</HostileText>
                    </td>
                  )}
                </tr>
              ))}
            </SmallTable>
            {short ? null : <MorePages query={stations} failed={t('device.stationsFailed')} />}
          </>
        );
      }}
    </Loaded>
  );
  return (
    <InShort short={short} title={t('device.stations')} all={deviceHref(id)}>
      {table}
    </InShort>
  );
}
