import { Anchor } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Binary, Overview } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binariesHref, binaryHref } from '@/app/search';
import { Place } from '@/pages/binaries/Place';
import { Signed } from '@/pages/binaries/Signed';
import { Rarity } from '@/primitives/Chip';
import { Loaded } from '@/primitives/Loaded';
import { Panel, SmallTable } from '@/primitives/Page';
import { Stats } from '@/primitives/Stats';
import { HostileText, TimeCell } from '@/primitives/Text';
import { lately, rareLately } from './links';

const shown = 8;

/** What needs a look now. */
export function Attention({ overview }: { overview: Overview }) {
  const { t, fmt } = useI18n();
  const { stations, binaries } = overview;
  return (
    <>
      <Stats
        label={t('overview.attention')}
        items={[
          {
            label: t('overview.silent'),
            value: fmt.number(stations.silent),
            note: t('overview.silentNote'),
            href: '/stations?show=silent&sort=last_contact',
            calls: stations.silent > 0,
          },
          {
            label: t('overview.newRare'),
            value: fmt.number(binaries.new_rare_24h),
            note: t('overview.newRareNote'),
            href: binariesHref({ q: rareLately }),
            calls: binaries.new_rare_24h > 0,
          },
          {
            label: t('overview.newBinaries'),
            value: fmt.number(binaries.new_24h),
            note: t('overview.newBinariesNote'),
            href: binariesHref({ q: lately }),
          },
          {
            label: t('tab.binaries'),
            value: fmt.number(binaries.total),
            href: binariesHref(),
          },
        ]}
      />
      {binaries.total > 0 ? <Latest q={binaries.new_rare_24h > 0 ? rareLately : undefined} /> : null}
    </>
  );
}

/** The binaries that came last: those that are rare too, where there are any of today. */
function Latest({ q }: { q: string | undefined }) {
  const { t } = useI18n();
  const title = q ? t('overview.rareList') : t('overview.lately');
  const found = useInfiniteQuery({ ...queries.binaries({ q }), placeholderData: keepPreviousData });
  return (
    <Panel title={title} flush actions={<Anchor href={binariesHref({ q })}>{t('list.all')}</Anchor>}>
      <Loaded query={found} failed={t('binaries.failed')}>
        {({ pages }) => (
          <SmallTable
            label={title}
            head={[
              t('binary.name'),
              t('binary.stations'),
              t('binary.runs'),
              t('binary.firstSeen'),
              t('field.signer'),
              t('binary.paths'),
            ]}
            cut
            widths={[undefined, 100, 104, 156, 140, undefined]}
          >
            {(pages[0]?.binaries ?? []).slice(0, shown).map((binary) => (
              <LatestRow key={binary.id} binary={binary} />
            ))}
          </SmallTable>
        )}
      </Loaded>
    </Panel>
  );
}

function LatestRow({ binary }: { binary: Binary }) {
  const { fmt } = useI18n();
  return (
    <tr>
      <td>
        <Anchor href={binaryHref(binary.id)}>
          <HostileText limit={80}>{binary.name}</HostileText>
        </Anchor>
      </td>
      <td>
        <Rarity compact prevalence={binary.stations} runs={binary.runs} />
      </td>
      <td data-number="">{fmt.number(binary.runs)}</td>
      <td>
        <TimeCell>{binary.first_seen}</TimeCell>
      </td>
      <td>
        <Signed binary={binary} />
      </td>
      <td>
        <Place binary={binary} />
      </td>
    </tr>
  );
}
