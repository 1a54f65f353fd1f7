import { Button } from '@mantine/core';
import { IconCopy, IconTimeline } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref, readThingSearch, type ThingSearch } from '@/app/search';
import { useCoverageOf } from '@/pages/coverage/useCoverageOf';
import { EventsOf } from '@/pages/events/EventsOf';
import { Facts } from '@/primitives/Facts';
import { visible } from '@/primitives/hostile';
import { Bar, Page } from '@/primitives/Page';
import { PageTabs } from '@/primitives/PageTabs';
import { Failure, Waiting } from '@/primitives/State';
import { useCopy } from '@/primitives/useCopy';
import { BinaryHeader } from './BinaryHeader';
import { bestHash, eventsOf } from './describe';
import { FetchBinary } from './FetchBinary';
import { binaryFacts } from './facts';
import { Prevalence } from './Prevalence';

export function BinaryPage() {
  const { t } = useI18n();
  const { id } = useParams({ from: '/shell/binaries/$id' });
  const found = useQuery(queries.binary(id));
  if (found.data) return <Known binary={found.data} />;
  return (
    <Page title={t('binary.one')} headless>
      {found.error ? (
        <Failure what={t('binary.failed')} error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Waiting lines={12} />
      )}
    </Page>
  );
}

function Known({ binary }: { binary: Binary }) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/binaries/$id' });
  const { id } = useParams({ from: '/shell/binaries/$id' });
  const go = (change: ThingSearch, replace = false) =>
    void navigate({
      to: '/binaries/$id',
      params: { id },
      search: (old) => readThingSearch({ ...old, ...change }),
      replace,
    });
  const hash = bestHash(binary);
  useCoverageOf({ from: binary.first_seen });
  return (
    <Page title={visible(binary.name)} own fill>
      <Bar>
        <Button
          size="compact-sm"
          component="a"
          leftSection={<IconTimeline size={14} />}
          href={eventsHref({ q: eventsOf(binary), range: 'all' })}
        >
          {t('binary.events')}
        </Button>
        {hash ? (
          <Button size="compact-sm" leftSection={<IconCopy size={14} />} onClick={() => copy(hash.value)}>
            {t('copy.named', { name: t(`field.${hash.name}`) })}
          </Button>
        ) : null}
        <Button
          size="compact-sm"
          leftSection={<IconCopy size={14} />}
          onClick={() => copy(JSON.stringify(binary, null, 2))}
        >
          {t('binary.copyRecord')}
        </Button>
        <FetchBinary binary={binary} />
      </Bar>
      <BinaryHeader binary={binary} page />
      <PageTabs
        value={search.tab}
        onChange={(tab) => go({ tab, p: undefined })}
        tabs={[
          { id: 'prevalence', label: t('binary.tab.prevalence'), body: () => <Prevalence binary={binary} /> },
          {
            id: 'facts',
            label: t('binary.tab.facts'),
            body: () => <Facts groups={binaryFacts(binary, t, fmt)} />,
          },
          {
            id: 'events',
            label: t('binary.tab.events'),
            fill: true,
            body: () => (
              <EventsOf
                id="binary-events"
                label={t('binary.tab.events')}
                q={eventsOf(binary)}
                open={search.p}
                onOpen={(p) => go({ p }, p !== undefined && search.p !== undefined)}
              />
            ),
          },
        ]}
      />
    </Page>
  );
}
