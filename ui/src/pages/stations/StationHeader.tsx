import { useMediaQuery } from '@mantine/hooks';
import { IconDeviceDesktop } from '@tabler/icons-react';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref, stationHref } from '@/app/search';
import { Chip } from '@/primitives/Chip';
import { Headline } from '@/primitives/Headline';
import { type Stat, Stats } from '@/primitives/Stats';
import { HostileText, TimeCell } from '@/primitives/Text';
import { useNow } from '@/primitives/useNow';

const day = 86_400_000;

/** Which station it is and whether it reports, in a glance. */
export function StationHeader({ station, page }: { station: Station; page?: boolean }) {
  const { t, fmt } = useI18n();
  const now = useNow();
  // Where there is room the figures stand beside the name, and leave it to the tables below.
  const narrow = useMediaQuery('(max-width: 1199px)', false, { getInitialValueInEffect: false });
  const figure = (label: string, n: number | undefined, href: string): Stat[] =>
    n === undefined ? [] : [{ label, value: fmt.number(n), href }];
  const figures = (
    <Stats
      inline
      label={t('field.station')}
      items={[
        { label: t('stations.firstSeen'), value: <TimeCell>{station.first_seen}</TimeCell> },
        { label: t('stations.lastSeen'), value: <TimeCell>{station.last_seen}</TimeCell> },
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
  return (
    <Headline
      level={page ? 1 : 2}
      icon={<IconDeviceDesktop size={20} stroke={1.6} />}
      title={<HostileText>{station.name}</HostileText>}
      items={[]}
      chips={<StationChips station={station} />}
      aside={page && !narrow ? figures : null}
    >
      {page && !narrow ? null : figures}
    </Headline>
  );
}

/** Where its events come from, and whether they have stopped. */
export function StationChips({ station }: { station: Station }) {
  const { t } = useI18n();
  return (
    <>
      <Chip>{t(`origin.${station.origin}`)}</Chip>
      {station.silent ? (
        <Chip tone="warn" title={t('station.silentTitle')}>
          {t('station.silent')}
        </Chip>
      ) : null}
    </>
  );
}

/** The filter that finds a station's events. By its number: two stations may bear one name. */
export function eventsOf(station: Pick<Station, 'id'>): string {
  return `station_id:${station.id}`;
}
