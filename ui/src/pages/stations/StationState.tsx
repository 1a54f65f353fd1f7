import type { StationState as State, Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip, type Tone } from '@/primitives/Chip';
import type { SignShape } from '@/primitives/Sign';

const looks: Record<State, { tone: Tone; sign: SignShape; hollow?: boolean }> = {
  online: { tone: 'good', sign: 'disc' },
  silent: { tone: 'warn', sign: 'diamond' },
  waiting: { tone: 'plain', sign: 'disc', hollow: true },
  retired: { tone: 'plain', sign: 'square', hollow: true },
  revoked: { tone: 'bad', sign: 'cross' },
  imported: { tone: 'plain', sign: 'arrow' },
};

/** Whether a station reports, by shape and word, and since when it does not; `short`: in a word. */
export function StationState({ station, short }: { station: Station; short?: boolean }) {
  const { t, fmt } = useI18n();
  const { state } = station;
  const since: Partial<Record<State, string>> = {
    silent: station.last_contact,
    retired: station.retired,
    revoked: station.revoked,
  };
  const from = since[state];
  const title = t(`state.${state}.title`);
  const time = from === undefined ? undefined : fmt.dateTime(from).slice(0, 16);
  return (
    <Chip {...looks[state]} title={from ? `${title}\n${fmt.exact(from)}` : title}>
      {short
        ? t(`stations.state.${state}`)
        : time
          ? t('state.since', { state: t(`state.${state}`), time })
          : t(`state.${state}`)}
    </Chip>
  );
}
