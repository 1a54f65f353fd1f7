import { Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import type { SettingsSearch } from '@/app/search';
import { useSession } from '@/app/session';
import { Page } from '@/primitives/Page';
import { Audit } from './Audit';
import { EnrolmentKeys } from './EnrolmentKeys';
import { Preferences } from './Preferences';
import { Tokens } from './Tokens';
import { Users } from './Users';

const sections = ['own', 'users', 'keys', 'tokens', 'audit'] as const;
/** Sections that are an administrator's. */
const reserved: readonly string[] = ['users', 'keys', 'audit'];
type Section = (typeof sections)[number];

type Body = (search: SettingsSearch, go: (search: SettingsSearch) => void) => ReactNode;

const bodies: Record<Section, Body> = {
  own: () => <Preferences />,
  users: () => <Users />,
  keys: () => <EnrolmentKeys />,
  tokens: () => <Tokens />,
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
  const open = sections.filter((each) => !reserved.includes(each) || user.role === 'administrator');
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
