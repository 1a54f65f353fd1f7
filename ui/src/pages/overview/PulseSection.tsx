import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import type { Overview } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';
import { useI18n } from '@/app/i18n';
import { eventsHref, stationHref } from '@/app/search';
import { useBands } from '@/pages/coverage/useBands';
import { Board, BoardSection, Stack } from '@/primitives/Board';
import { Histogram } from '@/primitives/Histogram';
import { visible } from '@/primitives/hostile';
import { Loaded } from '@/primitives/Loaded';
import { None, Panel } from '@/primitives/Page';
import { RankList } from '@/primitives/RankList';
import { Stats } from '@/primitives/Stats';
import { HostileText } from '@/primitives/Text';
import { pulseHistogram } from './pulse';

/** How the fleet does: events per hour, stations on line, and who starts most. */
export function PulseSection({ overview, every }: { overview: Overview; every: number }) {
  const { t, fmt } = useI18n();
  const navigate = useNavigate();
  const pulse = useQuery({
    ...queries.pulse({ top: 6 }),
    refetchInterval: every,
    placeholderData: keepPreviousData,
  });
  const within = { from: pulse.data?.from, to: pulse.data?.to };
  useTellCoverage(pulse.data?.coverage, within);
  const bands = useBands(pulse.data?.coverage, within);
  const { stations, events } = overview;
  const span = pulse.data && {
    from: fmt.dateTime(pulse.data.from).slice(0, 16),
    to: fmt.dateTime(pulse.data.to).slice(0, 16),
  };
  return (
    <BoardSection title={t('overview.pulse')}>
      <Board lead>
        <Stack>
          <Stats
            label={t('overview.pulse')}
            items={[
              { label: t('overview.lastHour'), value: fmt.number(events.last_hour), href: eventsHref({ range: '1h' }) },
              { label: t('overview.last24h'), value: fmt.number(events.last_24h), href: eventsHref({}) },
              {
                label: t('overview.active'),
                value: fmt.number(stations.active_24h),
                note: t('overview.activeNote', { total: fmt.number(stations.total) }),
                href: '/stations?sort=last_seen&order=desc',
              },
              {
                label: t('overview.stations'),
                value: fmt.number(stations.total),
                note:
                  stations.imported > 0
                    ? t('overview.importedNote', { n: stations.imported, imported: fmt.number(stations.imported) })
                    : null,
                href: '/stations',
              },
            ]}
          />
          <Panel title={span ? t('overview.pulseOf', span) : t('station.pulse')} flush>
            <Loaded query={pulse} failed={t('rank.failed')}>
              {(found) => (
                <Histogram
                  data={pulseHistogram(found)}
                  bands={bands}
                  stale={pulse.isPlaceholderData}
                  onBrush={(from, to) => void navigate({ href: eventsHref({ from, to }) })}
                />
              )}
            </Loaded>
          </Panel>
        </Stack>
        <Stack>
          <Panel title={t('overview.talkers')} flush>
            <Loaded query={pulse} failed={t('rank.failed')}>
              {({ top }) =>
                top.length === 0 ? (
                  <None>{t('overview.noTalkers')}</None>
                ) : (
                  <RankList
                    label={t('overview.talkers')}
                    items={top.map((each) => ({
                      key: String(each.station_id),
                      name: <HostileText limit={80}>{each.station}</HostileText>,
                      title: visible(each.station),
                      count: each.starts,
                      href: stationHref(each.station_id),
                    }))}
                  />
                )
              }
            </Loaded>
          </Panel>
        </Stack>
      </Board>
    </BoardSection>
  );
}
