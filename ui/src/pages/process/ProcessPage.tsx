import { Button } from '@mantine/core';
import { IconCopy, IconFilter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { Facts } from '@/primitives/Facts';
import { termFor } from '@/primitives/FilterBar/terms';
import { fileName, visible } from '@/primitives/hostile';
import { Bar, Page, TwoColumns } from '@/primitives/Page';
import { PageTabs } from '@/primitives/PageTabs';
import { Failure, Waiting } from '@/primitives/State';
import { RawRecord } from '@/primitives/Text';
import { useCopy } from '@/primitives/useCopy';
import { toNdjson } from '../events/fields';
import { Around } from './Around';
import { factGroups } from './facts';
import { ProcessActions } from './ProcessActions';
import { ProcessHeader } from './ProcessHeader';
import { ProcessTree } from './ProcessTree';
import { inForce, Rights } from './Rights';
import { StatisticsTab } from './StatisticsTab';
import { useAddress } from './useAddress';

/** Everything known of one process: its family at the left, what it was and did at the right. */
export function ProcessPage() {
  const { t } = useI18n();
  const { id } = useParams({ from: '/shell/processes/$id' });
  const process = useQuery(queries.process(id));
  const row = process.data;
  if (row) return <Known key={row.process} row={row} />;
  return (
    <Page title={t('process.one')} headless>
      {process.error ? (
        <Failure what={t('process.failed')} error={process.error} onRetry={() => void process.refetch()} />
      ) : (
        <Waiting lines={12} />
      )}
    </Page>
  );
}

function Known({ row }: { row: EventRow }) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const address = useAddress();
  const rights = inForce(row);
  useTellCoverage(row.coverage, { from: row.started ?? row.time, to: row.stopped });
  return (
    <Page
      title={t('process.title', { name: fileName(row.image) || t('process.unknown'), station: visible(row.station) })}
      own
      fill
    >
      <Bar>
        {row.image ? (
          <Button
            size="compact-sm"
            component="a"
            leftSection={<IconFilter size={14} />}
            href={eventsHref({ q: termFor('image', row.image), range: 'all' })}
          >
            {t('process.sameImage')}
          </Button>
        ) : null}
        <Button size="compact-sm" leftSection={<IconCopy size={14} />} onClick={() => copy(toNdjson([row]))}>
          {t('copyNdjson')}
        </Button>
        <ProcessActions row={row} />
      </Bar>
      <ProcessHeader row={row} page />
      <TwoColumns
        even
        left={<ProcessTree row={row} address={address} />}
        right={
          <PageTabs
            value={address.search.tab}
            onChange={(tab) => void address.change({ tab })}
            tabs={[
              { id: 'facts', label: t('process.facts'), body: () => <Facts groups={factGroups(row, t, fmt)} /> },
              {
                id: 'privileges',
                label: t(rights.kind === 'capability' ? 'field.capabilities' : 'process.privileges'),
                count: rights.count ? fmt.number(rights.count) : undefined,
                body: () => <Rights row={row} />,
              },
              { id: 'statistics', label: t('facts.statistics'), body: () => <StatisticsTab row={row} /> },
              {
                id: 'around',
                label: t('process.timeline'),
                fill: true,
                body: () => <Around row={row} address={address} />,
              },
              {
                id: 'raw',
                label: t('process.record'),
                body: () => <RawRecord label={t('process.raw')}>{JSON.stringify(row, null, 2)}</RawRecord>,
              },
            ]}
          />
        }
      />
    </Page>
  );
}
