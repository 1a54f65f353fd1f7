import { Anchor } from '@mantine/core';
import { useMemo } from 'react';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationHref } from '@/app/search';
import type { Column } from '@/primitives/DataTable/types';
import { Labels } from '@/primitives/Labels/Labels';
import { HostileText, TimeCell } from '@/primitives/Text';
import { SensorChip } from './reportFacts';
import { StationState } from './StationState';

export function useStationColumns(): Column<Station>[] {
  const { t, fmt } = useI18n();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('stations.name'),
        width: 176,
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
        id: 'state',
        header: t('stations.state'),
        width: 112,
        value: (row) => ({ field: 'origin', value: row.origin }),
        render: (row) => <StationState station={row} short />,
      },
      {
        id: 'labels',
        header: t('labels.title'),
        width: 168,
        render: (row) => (row.labels.length === 0 ? null : <Labels labels={row.labels} most={3} />),
      },
      {
        id: 'system',
        header: t('stations.system'),
        width: 160,
        value: (row) => (row.system ? { value: row.system } : undefined),
        render: (row) => (row.system ? <HostileText limit={80}>{row.system}</HostileText> : null),
      },
      {
        id: 'agent_version',
        header: t('stations.version'),
        width: 88,
        wideOnly: true,
        value: (row) => (row.agent_version ? { value: row.agent_version } : undefined),
        render: (row) => (row.agent_version ? <HostileText limit={40}>{row.agent_version}</HostileText> : null),
      },
      {
        id: 'sensor',
        header: t('stations.sensor'),
        width: 144,
        wideOnly: true,
        value: (row) => (row.sensor_mode ? { value: row.sensor_mode } : undefined),
        render: (row) =>
          row.sensor_mode ? (
            <>
              <HostileText limit={20}>{row.sensor_mode}</HostileText>{' '}
              {row.sensor_state === 'working' ? null : <SensorChip state={row.sensor_state ?? ''} t={t} />}
            </>
          ) : null,
      },
      {
        id: 'last_contact',
        header: t('stations.lastContact'),
        width: 152,
        sortable: true,
        render: (row) => <TimeCell>{row.last_contact}</TimeCell>,
      },
      {
        id: 'waiting',
        header: t('stations.waiting'),
        width: 88,
        align: 'end',
        wideOnly: true,
        render: (row) =>
          row.waiting === undefined ? null : <span title={t('stations.waitingTitle')}>{fmt.number(row.waiting)}</span>,
      },
      {
        id: 'last_seen',
        header: t('stations.lastSeen'),
        width: 152,
        sortable: true,
        render: (row) => <TimeCell>{row.last_seen}</TimeCell>,
      },
      {
        id: 'first_seen',
        header: t('stations.firstSeen'),
        width: 152,
        sortable: true,
        hidden: true,
        render: (row) => <TimeCell>{row.first_seen}</TimeCell>,
      },
      {
        id: 'events_24h',
        header: t('station.events24h'),
        width: 104,
        align: 'end',
        hidden: true,
        render: (row) => (row.events_24h === undefined ? null : fmt.number(row.events_24h)),
      },
      {
        id: 'processes',
        header: t('stations.processes'),
        width: 96,
        align: 'end',
        sortable: true,
        render: (row) => (row.processes === undefined ? null : fmt.number(row.processes)),
      },
      {
        id: 'address',
        header: t('health.address'),
        width: 128,
        hidden: true,
        value: (row) => (row.address ? { value: row.address } : undefined),
        render: (row) => (row.address ? <HostileText limit={60}>{row.address}</HostileText> : null),
      },
    ],
    [t, fmt],
  );
}
