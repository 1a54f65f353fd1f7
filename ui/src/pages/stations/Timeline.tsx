import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import type { Station } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { useBands } from '@/pages/coverage/useBands';
import { FacetRank } from '@/pages/events/FacetRank';
import { Across, Board } from '@/primitives/Board';
import { Histogram } from '@/primitives/Histogram';
import { Loaded } from '@/primitives/Loaded';
import { More, None, Panel } from '@/primitives/Page';
import { eventsIn, pulseHistogram } from '../overview/pulse';
import { eventsOf } from './StationHeader';
import { type Span, spanBefore, spans } from './span';

/** What a station did over time, and what it did most. */
export function Timeline({ station, span, onSpan }: { station: Station; span: Span; onSpan(span: Span): void }) {
  const { t, fmt } = useI18n();
  const navigate = useNavigate();
  const { from, to } = spanBefore(station.last_seen, span);
  const pulse = useQuery({
    ...queries.pulse({ from, to, station_id: station.id }),
    placeholderData: keepPreviousData,
  });
  useTellCoverage(pulse.data?.coverage, { from, to });
  const bands = useBands(pulse.data?.coverage, { from, to });
  const starts = { q: `${eventsOf(station)} kind:start`, from, to };
  return (
    <Board>
      <Across>
        <Panel
          title={t('station.pulse')}
          lead={`${fmt.dateTime(from).slice(0, 16)} – ${fmt.dateTime(to).slice(0, 16)}`}
          flush
          actions={
            <SegmentedControl
              size="xs"
              aria-label={t('station.span')}
              value={span}
              onChange={(value) => onSpan(value as Span)}
              data={spans.map((each) => ({
                value: each,
                label: each.replace(/\D/, ' $&'),
              }))}
            />
          }
        >
          <Loaded query={pulse} failed={t('rank.failed')}>
            {(found) =>
              eventsIn(found) === 0 ? (
                <None>{t('station.noEventsInSpan')}</None>
              ) : (
                <>
                  <Histogram
                    data={pulseHistogram(found)}
                    bands={bands}
                    stale={pulse.isPlaceholderData}
                    onBrush={(start, end) =>
                      void navigate({ href: eventsHref({ q: eventsOf(station), from: start, to: end }) })
                    }
                  />
                  <More>{t('station.pulseHint')}</More>
                </>
              )
            }
          </Loaded>
        </Panel>
      </Across>
      <Panel title={t('station.programs')} flush>
        <FacetRank of={starts} field="image" limit={12} none={t('station.noPrograms')} path />
      </Panel>
      <Panel title={t('station.users')} flush>
        <FacetRank of={starts} field="user" limit={12} none={t('station.noUsers')} />
      </Panel>
    </Board>
  );
}
