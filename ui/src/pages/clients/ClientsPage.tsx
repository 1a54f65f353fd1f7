import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { type ClientSearch, readClientSearch } from '@/app/search';
import { useSession } from '@/app/session';
import { Loaded } from '@/primitives/Loaded';
import { Page } from '@/primitives/Page';
import { PageTabs } from '@/primitives/PageTabs';
import { Empty } from '@/primitives/State';
import { emptyDraft } from './draft';
import { MakeClient } from './MakeClient';
import { NoClients } from './NoClients';
import { UpdatesTab } from './updates/UpdatesTab';

/** Clients: agents that come with their settings, and how those that are installed get newer. */
export function ClientsPage() {
  const { t } = useI18n();
  const { user } = useSession();
  if (user.role === 'administrator') return <Tabs />;
  return (
    <Page title={t('tab.client')} headless>
      <Empty title={t('client.forbidden')}>{t('client.forbiddenText')}</Empty>
    </Page>
  );
}

function Tabs() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/client' });
  const go = useCallback(
    (change: ClientSearch, replace = false) =>
      void navigate({ to: '/client', search: (old) => readClientSearch({ ...old, ...change }), replace }),
    [navigate],
  );
  // What is typed outlives a look at the other tab.
  const [draft, setDraft] = useState(emptyDraft);
  const clients = useQuery(queries.clients());
  return (
    <Page title={t('tab.client')} headless fill>
      <PageTabs
        value={search.tab}
        onChange={(tab) => go({ tab, state: undefined })}
        tabs={[
          {
            id: 'make',
            label: t('client.tab.make'),
            body: () => (
              <Loaded query={clients} failed={t('client.failed')} lines={12}>
                {(found) =>
                  found.packages.length === 0 ? (
                    <NoClients clients={found} />
                  ) : (
                    <MakeClient
                      clients={found}
                      search={search}
                      go={go}
                      draft={draft}
                      onDraft={(change) => setDraft((old) => ({ ...old, ...change }))}
                    />
                  )
                }
              </Loaded>
            ),
          },
          {
            id: 'updates',
            label: t('updates.tab'),
            body: () => <UpdatesTab state={search.state} onState={(state) => go({ state }, true)} />,
          },
        ]}
      />
    </Page>
  );
}
