import { Anchor } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconDeviceDesktop } from '@tabler/icons-react';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref, stationHref } from '@/app/search';
import { Headline } from '@/primitives/Headline';
import { type Stat, Stats } from '@/primitives/Stats';
import { HostileText, TimeCell } from '@/primitives/Text';
import { useNow } from '@/primitives/useNow';
import { Kinship } from './Kinship';
import { LabelEditor } from './LabelEditor';
import { StationState } from './StationState';

const day = 86_400_000;

/** Which station it is and whether it reports, in a glance. */
export function StationHeader({ station, page }: { station: Station; page?: boolean }) {
  const { t, fmt } = useI18n();
  const now = useNow();
  // Where there is room the figures stand beside the name, and leave it to the tables below.
  const narrow = useMediaQuery('(max-width: 1199px)', false, { getInitialValueInEffect: false });
  const figure = (label: string, n: number | undefined, href: string): Stat[] =>
    n === undefined ? [] : [{ label, value: fmt.number(n), href }];
  const time = (label: string, iso: string | undefined): Stat[] =>
    iso === undefined ? [] : [{ label, value: <TimeCell>{iso}</TimeCell> }];
  const figures = (
    <Stats
      inline
      label={t('field.station')}
      items={[
        ...(station.origin === 'live'
          ? time(t('stations.lastContact'), station.last_contact)
          : time(t('stations.firstSeen'), station.first_seen)),
        ...time(t('stations.lastSeen'), station.last_seen),
        ...figure(
          t('station.processes'),
          station.processes,
          eventsHref({ q: eventsOf(station), range: 'all' }, 'processes'),
        ),
        ...figure(
          t('station.events24h'),
          station.events_24h,
          eventsHref({ q: eventsOf(station), from: new Date(now - day).toISOString() }),
        ),
        ...figure(t('station.binaries'), station.binaries, stationHref(station.id, 'binaries')),
        ...figure(t('station.users'), station.users, stationHref(station.id, 'users')),
      ]}
    />
  );
  const { system, architecture, address, agent_version, agent } = station;
  return (
    <Headline
      level={page ? 1 : 2}
      icon={<IconDeviceDesktop size={20} stroke={1.6} />}
      title={<HostileText>{station.name}</HostileText>}
      subtitle={
        agent && agent.host_name !== station.name ? (
          <>
            {t('station.callsItself')} <HostileText limit={120}>{agent.host_name}</HostileText>
          </>
        ) : null
      }
      items={[
        system ? (
          <HostileText key="system" limit={80}>
            {system}
          </HostileText>
        ) : null,
        architecture ? (
          <HostileText key="architecture" limit={20}>
            {architecture}
          </HostileText>
        ) : null,
        address ? (
          <HostileText key="address" limit={60}>
            {address}
          </HostileText>
        ) : null,
        agent_version ? (
          <Anchor key="agent" href={stationHref(station.id, 'health')}>
            {t('station.agentVersion')} <HostileText limit={40}>{agent_version}</HostileText>
          </Anchor>
        ) : null,
      ]}
      chips={
        <>
          <StationState station={station} />
          {station.origin === 'live' ? <LabelEditor station={station} /> : null}
        </>
      }
      aside={page && !narrow ? figures : null}
    >
      <Kinship station={station} />
      {page && !narrow ? null : figures}
    </Headline>
  );
}

/** The filter that finds a station's events. By its number: two stations may bear one name. */
export function eventsOf(station: Pick<Station, 'id'>): string {
  return `station_id:${station.id}`;
}
