import type { ReactNode } from 'react';
import type { AgentReport, SensorState } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { Chip, type Tone } from '@/primitives/Chip';
import type { FactGroup } from '@/primitives/Facts';
import { Meter } from '@/primitives/Meter';
import type { SignShape } from '@/primitives/Sign';
import { HostileText, TimeCell } from '@/primitives/Text';

const sensorLooks: Record<SensorState, { tone: Tone; sign: SignShape }> = {
  working: { tone: 'good', sign: 'disc' },
  degraded: { tone: 'warn', sign: 'diamond' },
  stopped: { tone: 'bad', sign: 'cross' },
};

/** How well a sensor sees, by shape and word. */
export function SensorChip({ state, t }: { state: string; t: Translate }) {
  const known = sensorLooks[state as SensorState];
  if (!known) return state === '' ? null : <Chip>{<HostileText limit={40}>{state}</HostileText>}</Chip>;
  return <Chip {...known}>{t(`sensor.${state as SensorState}`)}</Chip>;
}

/** What an agent takes of one core, on average since it began; undefined where it has just begun. */
export function coreShare({ self, agent_began, now }: AgentReport): number | undefined {
  const ran = (Date.parse(now) - Date.parse(agent_began)) / 1000;
  return ran >= 60 ? self.cpu_seconds / ran : undefined;
}

/** A time, unless it is the one that stands for none. */
function told(time: string): ReactNode {
  return time.startsWith('0001-') ? null : <TimeCell>{time}</TimeCell>;
}

/** What an agent tells of itself, as facts. */
export function reportFacts(report: AgentReport, t: Translate, fmt: Format): FactGroup[] {
  const { stream, sensor, self } = report;
  const share = coreShare(report);
  const queues = Object.entries(self.queues ?? {}).sort(([a], [b]) => a.localeCompare(b));
  return [
    {
      title: t('health.sensor'),
      facts: [
        { name: t('health.mode'), shown: sensor.mode, code: true },
        { name: t('health.sensorState'), shown: sensor.state ? <SensorChip state={sensor.state} t={t} /> : null },
        { name: t('health.why'), shown: sensor.detail },
        { name: t('health.seen'), shown: fmt.number(sensor.events) },
        {
          name: t('health.lost'),
          shown:
            sensor.lost > 0 ? (
              <Chip tone="warn" sign="diamond">
                {fmt.number(sensor.lost)}
              </Chip>
            ) : (
              t('health.nothing')
            ),
        },
      ],
    },
    {
      title: t('health.spool'),
      facts: [
        {
          name: t('health.room'),
          shown: (
            <Meter label={t('health.room')} value={stream.bytes} limit={stream.limit}>
              {t('health.of', { part: fmt.bytes(stream.bytes), whole: fmt.bytes(stream.limit) })}
            </Meter>
          ),
        },
        {
          name: t('health.waiting'),
          shown: t('health.records', { n: stream.waiting, records: fmt.number(stream.waiting) }),
        },
        {
          name: t('health.oldestWaiting'),
          shown: stream.waiting > 0 && stream.oldest_waiting ? <TimeCell>{stream.oldest_waiting}</TimeCell> : null,
        },
        {
          name: t('health.numbers'),
          shown: t('health.acknowledged', {
            acknowledged: fmt.number(stream.acknowledged),
            last: fmt.number(stream.last),
          }),
        },
      ],
    },
    {
      title: t('health.agent'),
      facts: [
        { name: t('health.began'), shown: told(report.agent_began) },
        { name: t('health.memory'), shown: fmt.bytes(self.memory_bytes) },
        {
          name: t('health.cpu'),
          shown:
            fmt.duration(Math.round(self.cpu_seconds * 1000)) +
            (share === undefined
              ? ''
              : ` · ${t('health.ofCore', { share: fmt.number(Math.round(share * 1000) / 10) })}`),
        },
        { name: t('health.threads'), shown: fmt.number(self.goroutines) },
        ...queues.map(([name, n]) => ({
          name: t('health.queue'),
          shown: (
            <>
              <HostileText limit={40}>{name}</HostileText>: {fmt.number(n)}
            </>
          ),
        })),
        { name: t('health.endProcess'), shown: t(report.end_process ? 'yes' : 'health.endProcessNot') },
      ],
    },
    {
      title: t('health.machine'),
      facts: [
        { name: t('health.hostName'), shown: report.machine.name },
        { name: t('health.system'), shown: report.machine.system },
        { name: t('health.architecture'), shown: report.machine.architecture },
        { name: t('health.booted'), shown: told(report.booted) },
        {
          name: t('health.fingerprint'),
          shown: report.machine.fingerprint,
          code: true,
          copied: true,
          value: { value: report.machine.fingerprint },
        },
      ],
    },
  ];
}
