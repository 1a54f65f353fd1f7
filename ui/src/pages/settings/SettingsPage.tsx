import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import type { SettingsSearch } from '@/app/search';
import { useSession } from '@/app/session';
import { Page } from '@/primitives/Page';
import { Audit } from './Audit';
import { Demo } from './Demo';
import { EnrolmentKeys } from './EnrolmentKeys';
import { Preferences } from './Preferences';
import { Tokens } from './Tokens';
import { Users } from './Users';

const sections = ['own', 'users', 'keys', 'tokens', 'demo', 'audit'] as const;
/** Sections that are an administrator's. */
const reserved: readonly string[] = ['users', 'keys', 'demo', 'audit'];
type Section = (typeof sections)[number];

type Body = (search: SettingsSearch, go: (search: SettingsSearch) => void) => ReactNode;

const bodies: Record<Section, Body> = {
  own: () => <Preferences />,
  users: () => <Users />,
  keys: () => <EnrolmentKeys />,
  tokens: () => <Tokens />,
  demo: () => <Demo />,
  audit: ({ who, action }, go) => (
    <Audit who={who} action={action} onChange={(change) => go({ section: 'audit', ...change })} />
  ),
};

export function SettingsPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/settings' });
  const go = (next: SettingsSearch) => void navigate({ to: '/settings', search: next });
  const { user } = useSession();
  const administrator = user.role === 'administrator';
  const demo = useQuery({ ...queries.demo(), enabled: administrator });
  const open = sections.filter(
    (each) =>
      (administrator || !reserved.includes(each)) &&
      // Whoever has just removed it wants to read that it is gone.
      (each !== 'demo' || search.section === 'demo' || (demo.data?.stations ?? 0) > 0),
  );
  const section: Section = open.find((each) => each === search.section) ?? 'own';
  return (
    <Page title={t('tab.settings')}>
      <Tabs value={section} keepMounted onChange={(value) => go(value && value !== 'own' ? { section: value } : {})}>
        <Tabs.List mb="lg">
          {open.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`settings.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {open.map((each) => (
          <Tabs.Panel key={each} value={each}>
            {each === section ? bodies[each](search, go) : null}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
