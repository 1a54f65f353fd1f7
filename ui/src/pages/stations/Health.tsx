import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Station, StationAgent } from '@/api/types';
import { type Translate, useI18n } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { offsetText } from '@/pages/coverage/summary';
import { type FactGroup, Facts } from '@/primitives/Facts';
import { None, Panel, SmallTable } from '@/primitives/Page';
import { Empty } from '@/primitives/State';
import { TimeCell } from '@/primitives/Text';
import { useNow } from '@/primitives/useNow';
import { reportFacts } from './reportFacts';
import { StationState } from './StationState';

/** The agent tells of itself once a minute. */
const every = 30_000;

/** How a station and its agent are, as the agent last told. */
export function Health({ station }: { station: Station }) {
  const { t, fmt } = useI18n();
  useQuery({ ...queries.station(station.id), refetchInterval: every });
  const now = useNow();
  const { agent } = station;
  if (!agent) return <Empty title={t('health.none')}>{t('health.noneText')}</Empty>;
  const contact: FactGroup = {
    title: t('health.contact'),
    facts: [
      { name: t('health.state'), shown: <StationState station={station} /> },
      {
        name: t('stations.lastContact'),
        shown: station.last_contact ? <TimeCell>{station.last_contact}</TimeCell> : t('never'),
      },
      {
        name: t('health.address'),
        shown: station.address,
        code: true,
        value: station.address ? { value: station.address } : undefined,
      },
      { name: t('health.version'), shown: station.agent_version },
      { name: t('health.enrolled'), shown: station.enrolled ? <TimeCell>{station.enrolled}</TimeCell> : null },
      { name: t('health.key'), shown: agent.enrolment_key },
      { name: t('health.certificate'), shown: certificateText(agent.certificate_expires, t, fmt, now) },
      {
        name: t('health.clock'),
        shown: station.clock_offset_ms === undefined ? null : offsetText(station.clock_offset_ms, t, fmt),
      },
    ],
  };
  return (
    <>
      <Facts columns groups={[contact, ...(agent.report ? reportFacts(agent.report, t, fmt) : [])]} />
      {agent.report ? null : <None>{t('health.noneYet')}</None>}
      {agent.clock.length > 1 ? <Clock agent={agent} /> : null}
    </>
  );
}

/** Until when the station's certificate is good. The agent renews it long before. */
function certificateText(expires: string | undefined, t: Translate, fmt: Format, now: number): string | undefined {
  if (expires === undefined) return undefined;
  const time = fmt.dateTime(expires).slice(0, 16);
  return Date.parse(expires) > now ? time : t('health.certificateExpired', { time });
}

/** How the station's clock went. */
function Clock({ agent }: { agent: StationAgent }) {
  const { t, fmt } = useI18n();
  return (
    <Panel title={t('health.clockHistory')} lead={t('health.clockLead')} flush inset>
      <SmallTable
        label={t('health.clockHistory')}
        head={[t('health.serverTime'), t('health.stationTime'), t('health.clock')]}
      >
        {agent.clock.map(({ server_time, station_time }) => (
          <tr key={server_time}>
            <td>
              <TimeCell>{server_time}</TimeCell>
            </td>
            <td title={fmt.exact(station_time)}>{fmt.dateTime(station_time)}</td>
            <td>{offsetText(Date.parse(server_time) - Date.parse(station_time), t, fmt)}</td>
          </tr>
        ))}
      </SmallTable>
    </Panel>
  );
}
