import { Anchor } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Binary, CoverageReport, Overview } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binariesHref, binaryHref, eventsHref, stationHref } from '@/app/search';
import { Place } from '@/pages/binaries/Place';
import { Signed } from '@/pages/binaries/Signed';
import { lossText } from '@/pages/coverage/summary';
import { Rarity } from '@/primitives/Chip';
import { Loaded } from '@/primitives/Loaded';
import { More, Panel, SmallTable } from '@/primitives/Page';
import { Stats } from '@/primitives/Stats';
import { HostileText, TimeCell } from '@/primitives/Text';
import { lately, rareLately } from './links';

const shown = 8;

/** As many stations as the server names. */
const mostNamed = 20;

type Why = CoverageReport['examples'][number]['why'];

/** The tab of a station that tells of it. */
const tabs: Record<Why, string> = { gap: 'gaps', silent: 'health', behind: 'health' };

/** What needs a look now. */
export function Attention({ overview, every }: { overview: Overview; every: number }) {
  const { t, fmt } = useI18n();
  const { stations, binaries } = overview;
  // Of the last 24 hours, as the server has it where no span is named.
  const report = useQuery({ ...queries.coverage({}), refetchInterval: every, placeholderData: keepPreviousData }).data;
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
            label: t('overview.behind'),
            value: report ? fmt.number(report.behind) : '…',
            note: t('overview.behindNote'),
            href: hrefOf(report, 'behind'),
            calls: report !== undefined && report.behind > 0,
          },
          {
            label: t('overview.blind'),
            value: report ? fmt.number(report.stations) : '…',
            note: (report && lossText(report, t, fmt)) ?? t('overview.blindNote'),
            href: hrefOf(report, 'gap'),
            calls: report !== undefined && report.stations > 0,
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
        ]}
      />
      {report && !report.complete ? <Incomplete report={report} /> : null}
      {binaries.total > 0 ? <Latest q={binaries.new_rare_24h > 0 ? rareLately : undefined} /> : null}
    </>
  );
}

/** Where the stations are told whose record is incomplete for a reason. */
function hrefOf(report: CoverageReport | undefined, why: Why): string {
  const named = report?.examples.filter((each) => each.why === why) ?? [];
  if (named.length === 1 && named[0]) return stationHref(named[0].id, tabs[why]);
  return why === 'gap' ? eventsHref({}) : '/stations?show=online&sort=last_contact';
}

/** The stations by name, as many as the server names. */
function Incomplete({ report }: { report: CoverageReport }) {
  const { t } = useI18n();
  return (
    <Panel title={t('overview.incomplete')} flush>
      <SmallTable label={t('overview.incomplete')} head={[t('stations.name'), t('health.state')]}>
        {report.examples.map(({ id, name, why }) => (
          <tr key={id}>
            <td>
              <Anchor href={stationHref(id, tabs[why])}>
                <HostileText limit={80}>{name}</HostileText>
              </Anchor>
            </td>
            <td>{t(`overview.why.${why}`)}</td>
          </tr>
        ))}
      </SmallTable>
      {report.examples.length >= mostNamed ? <More>{t('overview.incompleteMore')}</More> : null}
    </Panel>
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
