import { Button, Tabs } from '@mantine/core';
import { IconCopy, IconTimeline } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { Facts } from '@/primitives/Facts';
import { termFor } from '@/primitives/FilterBar/terms';
import { Part } from '@/primitives/Headline';
import { fileName } from '@/primitives/hostile';
import { Bar, Page, TwoColumns } from '@/primitives/Page';
import { Failure, Waiting } from '@/primitives/State';
import { RawRecord } from '@/primitives/Text';
import { useCopy } from '@/primitives/useCopy';
import { toNdjson } from '../events/fields';
import { FamilyList } from './FamilyList';
import { factGroups } from './facts';
import { ProcessHeader } from './ProcessHeader';

const around = 5 * 60_000;

export function ProcessPage() {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const { id } = useParams({ from: '/shell/processes/$id' });
  const process = useQuery(queries.process(id));
  const row = process.data;
  const title = row
    ? t('process.title', { name: fileName(row.image) || t('process.unknown'), station: row.station })
    : t('process.one');

  if (!row) {
    return (
      <Page title={title} headless>
        {process.error ? (
          <Failure what={t('process.failed')} error={process.error} onRetry={() => void process.refetch()} />
        ) : (
          <Waiting lines={12} />
        )}
      </Page>
    );
  }
  const at = Date.parse(row.started ?? row.time);
  return (
    <Page title={title} own fill>
      <Bar>
        <Button
          size="compact-sm"
          component="a"
          leftSection={<IconTimeline size={14} />}
          href={eventsHref({
            q: termFor('station', row.station),
            from: new Date(at - around).toISOString(),
            to: new Date(at + around).toISOString(),
            p: row.process,
          })}
        >
          {t('process.around')}
        </Button>
        <Button size="compact-sm" leftSection={<IconCopy size={14} />} onClick={() => copy(toNdjson([row]))}>
          {t('copyNdjson')}
        </Button>
      </Bar>
      <ProcessHeader row={row} page />
      <TwoColumns
        left={
          <Part title={t('process.family')}>
            <FamilyList row={row} limit={500} all />
          </Part>
        }
        right={
          <Tabs defaultValue="facts">
            <Tabs.List>
              <Tabs.Tab value="facts">{t('process.facts')}</Tabs.Tab>
              <Tabs.Tab value="raw">{t('process.raw')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="facts">
              <Facts groups={factGroups(row, t, fmt)} />
            </Tabs.Panel>
            <Tabs.Panel value="raw">
              <RawRecord label={t('process.raw')}>{JSON.stringify(row, null, 2)}</RawRecord>
            </Tabs.Panel>
          </Tabs>
        }
      />
    </Page>
  );
}
