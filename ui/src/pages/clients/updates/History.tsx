import { Anchor, NativeSelect } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { StationUpdate, UpdateState } from '@/api/types';
import { type Translate, useI18n } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { stationHref, updateStates } from '@/app/search';
import { Chip, type Tone } from '@/primitives/Chip';
import { visible } from '@/primitives/hostile';
import { Loaded } from '@/primitives/Loaded';
import { MorePages } from '@/primitives/MorePages';
import { None, Panel, Quiet, SmallTable } from '@/primitives/Page';
import type { SignShape } from '@/primitives/Sign';
import { HostileText, TimeCell } from '@/primitives/Text';

const looks: Record<UpdateState, { tone: Tone; sign: SignShape; hollow?: boolean }> = {
  offered: { tone: 'plain', sign: 'disc', hollow: true },
  fetching: { tone: 'plain', sign: 'arrow' },
  verified: { tone: 'plain', sign: 'arrow' },
  installed: { tone: 'plain', sign: 'arrow' },
  reporting: { tone: 'good', sign: 'check' },
  refused: { tone: 'bad', sign: 'cross' },
  failed: { tone: 'bad', sign: 'cross' },
  rolled_back: { tone: 'bad', sign: 'cross' },
  lost: { tone: 'warn', sign: 'diamond' },
};

interface HistoryProps {
  state: UpdateState | undefined;
  onState(state: UpdateState | undefined): void;
  /** How often they are read anew, where they are. */
  every: number | false;
}

/** What became of each update of each station, the newest first. */
export function History({ state, onState, every }: HistoryProps) {
  const { t } = useI18n();
  const found = useInfiniteQuery({
    ...queries.stationUpdates({ state }),
    placeholderData: keepPreviousData,
    refetchInterval: every,
  });
  const title = t('updates.history');
  return (
    <Panel
      title={title}
      lead={t('updates.historyLead')}
      flush
      actions={
        <NativeSelect
          size="xs"
          aria-label={t('updates.show')}
          value={state ?? ''}
          onChange={(event) => onState(updateStates.find((each) => each === event.currentTarget.value))}
          data={[
            { value: '', label: t('updates.showAll') },
            ...updateStates.map((each) => ({ value: each, label: t(`updates.of.${each}`) })),
          ]}
        />
      }
    >
      <Loaded query={found} failed={t('updates.historyFailed')} lines={4}>
        {({ pages }) => {
          const updates = pages.flatMap((page) => page.updates);
          if (updates.length === 0) return <None>{t(state ? 'updates.noneShown' : 'updates.none')}</None>;
          return (
            <>
              <SmallTable
                label={title}
                head={[
                  t('updates.when'),
                  t('updates.station'),
                  t('updates.fromTo'),
                  t('updates.stateOf'),
                  t('updates.by'),
                  t('updates.detail'),
                ]}
                widths={[168, 176, 208, 136, 112, undefined]}
              >
                {updates.map((each) => (
                  <Entry key={each.id} entry={each} />
                ))}
              </SmallTable>
              <MorePages query={found} failed={t('updates.moreFailed')} />
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Entry({ entry }: { entry: StationUpdate }) {
  const { t, fmt } = useI18n();
  const { station, from, to, attempt, state, why, who, updated } = entry;
  return (
    <tr>
      <td>
        <TimeCell>{updated}</TimeCell>
      </td>
      <td>
        <Anchor href={stationHref(station.id)} title={visible(station.name)}>
          <HostileText limit={60}>{station.name}</HostileText>
        </Anchor>
      </td>
      <td>
        <HostileText limit={40}>{from}</HostileText> → <HostileText limit={40}>{to}</HostileText>
      </td>
      <td>
        <Chip {...looks[state]} title={`${t(`updates.of.${state}.title`)}\n${course(entry, t, fmt)}`}>
          {t(`updates.of.${state}`)}
        </Chip>
      </td>
      <td>
        <HostileText limit={60}>{who}</HostileText>
      </td>
      <td>
        {attempt > 1 ? <Quiet>{t('updates.attempt', { n: attempt })} </Quiet> : null}
        {why ? <HostileText limit={300}>{why}</HostileText> : null}
      </td>
    </tr>
  );
}

const steps = ['offered', 'fetching', 'verified', 'installed', 'ended'] as const;

/** When each step was reached, line by line. */
function course(entry: StationUpdate, t: Translate, fmt: Format): string {
  return steps
    .flatMap((step) => {
      const at = entry[step];
      return at ? [`${t(step === 'ended' ? 'updates.ended' : `updates.of.${step}`)}: ${fmt.dateTime(at)}`] : [];
    })
    .join('\n');
}
