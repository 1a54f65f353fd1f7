import { Anchor } from '@mantine/core';
import type { Station, StationName } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationHref } from '@/app/search';
import { Notice } from '@/primitives/Notice';
import { HostileText } from '@/primitives/Text';

/** Which other stations are or were this machine. */
export function Kinship({ station }: { station: Station }) {
  const { t, fmt } = useI18n();
  const { agent } = station;
  if (!agent) return null;
  const named = ({ id, name }: StationName) => (
    <Anchor href={stationHref(id)}>
      <HostileText limit={80}>{name}</HostileText>
    </Anchor>
  );
  return (
    <>
      {agent.same_machine.map((other) => (
        <Notice key={other.id}>
          {t('station.sameMachine')} {named(other)}
          {other.last_contact
            ? ` · ${t('station.lastContactAt', { time: fmt.dateTime(other.last_contact).slice(0, 16) })}`
            : null}
        </Notice>
      ))}
      {agent.parted_from ? (
        <Notice>
          {t('station.partedFrom')} {named(agent.parted_from)}. {t('station.partedFromText')}
        </Notice>
      ) : null}
    </>
  );
}
