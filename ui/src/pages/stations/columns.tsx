import { Anchor } from '@mantine/core';
import { useMemo } from 'react';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationHref } from '@/app/search';
import type { Column } from '@/primitives/DataTable/types';
import { HostileText, TimeCell } from '@/primitives/Text';
import { StationChips } from './StationHeader';

export function useStationColumns(): Column<Station>[] {
  const { t, fmt } = useI18n();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('stations.name'),
        width: 200,
        grow: true,
        sortable: true,
        value: (row) => ({ field: 'station', value: row.name, page: { href: stationHref(row.id) } }),
        render: (row) => (
          <Anchor href={stationHref(row.id)}>
            <HostileText limit={120}>{row.name}</HostileText>
          </Anchor>
        ),
      },
      {
        id: 'origin',
        header: t('field.origin'),
        width: 168,
        value: (row) => ({ field: 'origin', value: row.origin }),
        render: (row) => <StationChips station={row} />,
      },
      {
        id: 'first_seen',
        header: t('stations.firstSeen'),
        width: 176,
        sortable: true,
        wideOnly: true,
        render: (row) => <TimeCell>{row.first_seen}</TimeCell>,
      },
      {
        id: 'last_seen',
        header: t('stations.lastSeen'),
        width: 176,
        sortable: true,
        render: (row) => <TimeCell>{row.last_seen}</TimeCell>,
      },
      {
        id: 'events_24h',
        header: t('station.events24h'),
        width: 112,
        align: 'end',
        wideOnly: true,
        render: (row) => (row.events_24h === undefined ? null : fmt.number(row.events_24h)),
      },
      {
        id: 'processes',
        header: t('stations.processes'),
        width: 112,
        align: 'end',
        sortable: true,
        render: (row) => (row.processes === undefined ? null : fmt.number(row.processes)),
      },
    ],
    [t, fmt],
  );
}
