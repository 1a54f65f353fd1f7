import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Overview } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { useSession } from '@/app/session';
import { AddStationLink } from '@/pages/settings/AddStationLink';
import { BoardSection, Sections } from '@/primitives/Board';
import { Loaded } from '@/primitives/Loaded';
import { Page } from '@/primitives/Page';
import { Empty } from '@/primitives/State';
import { Attention } from './Attention';
import { PulseSection } from './PulseSection';
import { Server } from './Server';

/** A figure a minute old is news enough. */
const every = 60_000;

/** What needs a look, how the fleet does, how the server does; each figure leads to what it counts. */
export function OverviewPage() {
  const { t } = useI18n();
  const overview = useQuery({ ...queries.overview(), refetchInterval: every, staleTime: 0 });
  return (
    <Page title={t('tab.overview')} headless fill>
      <Loaded query={overview} failed={t('overview.failed')} lines={12}>
        {(found) =>
          found.newest === undefined ? <Nothing waiting={found.stations.live} /> : <Sectioned overview={found} />
        }
      </Loaded>
    </Page>
  );
}

function Sectioned({ overview }: { overview: Overview }) {
  const { t, fmt } = useI18n();
  const { newest } = overview;
  const still = overview.events.last_24h === 0 && newest !== undefined;
  return (
    <Sections>
      <BoardSection
        title={t('overview.attention')}
        lead={
          still ? (
            <>
              {t('overview.stale', { newest: fmt.dateTime(newest).slice(0, 16) })}{' '}
              <Anchor href={eventsHref({ range: 'all' })}>{t('overview.staleGo')}</Anchor>
            </>
          ) : null
        }
      >
        <Attention overview={overview} every={every} />
      </BoardSection>
      <PulseSection overview={overview} every={every} />
      <BoardSection title={t('overview.server')}>
        <Server every={every} />
      </BoardSection>
    </Sections>
  );
}

/** The first thing that is seen of a new server. */
function Nothing({ waiting }: { waiting: number }) {
  const { t, fmt } = useI18n();
  const { user } = useSession();
  return (
    <Sections>
      <Empty
        title={t('overview.empty')}
        actions={
          <>
            {waiting > 0 ? (
              <Anchor href="/stations">{t('overview.waitingGo')}</Anchor>
            ) : user.role === 'administrator' ? (
              <AddStationLink />
            ) : null}
            {user.role === 'viewer' ? null : <Anchor href="/import">{t('events.importFirst')}</Anchor>}
          </>
        }
      >
        {waiting > 0 ? t('overview.waiting', { n: waiting, stations: fmt.number(waiting) }) : t('overview.emptyText')}
      </Empty>
      <BoardSection title={t('overview.server')}>
        <Server every={every} />
      </BoardSection>
    </Sections>
  );
}
