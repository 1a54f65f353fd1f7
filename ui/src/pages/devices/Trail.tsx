import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { stationHref } from '@/app/search';
import { visible } from '@/primitives/hostile';
import { type LaneSpan, Lanes } from '@/primitives/Lanes/Lanes';
import { Loaded } from '@/primitives/Loaded';
import { More, None, Panel, Quiet, SmallTable } from '@/primitives/Page';
import { HostileText, TimeCell } from '@/primitives/Text';
import { useNow } from '@/primitives/useNow';
import { Noticed, Presence, Volumes } from './parts';
import { type Stay, staysOf } from './stays';

/** How many events are read of a device; it has as many in a year, or it is a keyboard that somebody carries about. */
const most = 500;
/** How many stays are told at first: the last ones. */
const atFirst = 30;
const day = 86_400_000;

/** Where a device went, stay by stay, in order. */
export function Trail({ id }: { id: number }) {
  const { t } = useI18n();
  const trail = useQuery(queries.deviceTrail(id, most));
  return (
    <Panel title={t('device.trail')} lead={t('device.trailLead')} flush>
      <Loaded query={trail} failed={t('device.trailFailed')} lines={6}>
        {({ events, next }) =>
          events.length === 0 ? (
            <None>{t('device.noTrail')}</None>
          ) : (
            <Stays stays={staysOf(events)} cut={next !== undefined} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Stays({ stays, cut }: { stays: Stay[]; cut: boolean }) {
  const { t, fmt } = useI18n();
  const [all, setAll] = useState(false);
  const shown = all ? stays : stays.slice(-atFirst);
  const hidden = stays.length - shown.length;
  return (
    <>
      {shown.length > 1 ? <StayLanes stays={shown} /> : null}
      {hidden > 0 ? (
        <More>
          <Button size="compact-sm" onClick={() => setAll(true)}>
            {t('device.earlier', { n: hidden, stays: fmt.number(hidden) })}
          </Button>
        </More>
      ) : cut ? (
        <More>{t('device.trailCut', { events: fmt.number(most) })}</More>
      ) : null}
      <SmallTable
        label={t('device.trail')}
        head={['', t('field.station'), t('device.came'), t('device.went'), t('device.stayed'), t('device.volumes')]}
        cut
        widths={[44, 176, 176, 176, 104, undefined]}
      >
        {shown.map((stay, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the stays of one trail never move
          <tr key={hidden + i}>
            <td data-number="">
              <Quiet>{fmt.number(hidden + i + 1)}</Quiet>
            </td>
            <td>
              <Anchor href={stationHref(stay.station.id, 'devices')}>
                <HostileText limit={60}>{stay.station.name}</HostileText>
              </Anchor>
            </td>
            <td>
              {stay.from ? (
                <TimeCell mark={stay.fromInferred ? <Noticed /> : null}>{stay.from}</TimeCell>
              ) : (
                <Quiet>{t('device.notSeen')}</Quiet>
              )}
            </td>
            <td>
              {stay.to ? (
                <TimeCell mark={stay.toInferred ? <Noticed /> : null}>{stay.to}</TimeCell>
              ) : stay.lasts ? (
                <Presence n={1} />
              ) : (
                <Quiet>{t('device.notSeen')}</Quiet>
              )}
            </td>
            <td>
              {stay.from && stay.to ? fmt.duration(Math.max(0, Date.parse(stay.to) - Date.parse(stay.from))) : null}
            </td>
            <td>
              <Volumes volumes={stay.volumes} />
            </td>
          </tr>
        ))}
      </SmallTable>
    </>
  );
}

/** The stays over time, each a bar that leads to its station. */
function StayLanes({ stays }: { stays: Stay[] }) {
  const { t, fmt } = useI18n();
  const now = useNow();
  const { spans, from, to } = useMemo(() => {
    const instants = stays.flatMap(({ from, to }) => [from, to].filter((each) => each !== undefined).map(Date.parse));
    const lasts = stays.some((stay) => stay.lasts);
    const [first, last] = [Math.min(...instants), Math.max(...instants, lasts ? now : 0)];
    const margin = Math.min(Math.max((last - first) / 50, 60_000), day);
    const spans = stays.map((stay, i): LaneSpan => {
      const start = Date.parse(stay.from ?? stay.to!);
      const name = visible(stay.station.name);
      return {
        key: String(i),
        name,
        from: start,
        // Where nobody saw it go, only its coming is known.
        to: stay.to ? Date.parse(stay.to) : stay.lasts ? undefined : start,
        open: stay.from === undefined,
        href: stationHref(stay.station.id, 'devices'),
        title: t('device.stay', {
          station: name,
          from: stay.from ? fmt.dateTime(stay.from) : '?',
          to: stay.to ? fmt.dateTime(stay.to) : stay.lasts ? t('range.now') : '?',
        }),
      };
    });
    return { spans, from: first - margin, to: last + margin };
  }, [stays, now, t, fmt]);
  return <Lanes label={t('device.trail')} spans={spans} from={from} to={to} />;
}
