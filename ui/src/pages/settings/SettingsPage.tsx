import { Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Page } from '@/primitives/Page';
import { EnrolmentKeys } from './EnrolmentKeys';
import { Preferences } from './Preferences';
import { Tokens } from './Tokens';
import { Users } from './Users';

const sections = ['own', 'users', 'keys', 'tokens'] as const;
/** Sections that are an administrator's. */
const reserved: readonly string[] = ['users', 'keys'];
type Section = (typeof sections)[number];

const bodies: Record<Section, () => ReactNode> = {
  own: () => <Preferences />,
  users: () => <Users />,
  keys: () => <EnrolmentKeys />,
  tokens: () => <Tokens />,
};

export function SettingsPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const asked = useSearch({ from: '/shell/settings' }).section;
  const { user } = useSession();
  const open = sections.filter((each) => !reserved.includes(each) || user.role === 'administrator');
  const section: Section = open.find((each) => each === asked) ?? 'own';
  return (
    <Page title={t('tab.settings')}>
      <Tabs
        value={section}
        keepMounted
        onChange={(value) =>
          void navigate({ to: '/settings', search: value && value !== 'own' ? { section: value } : {} })
        }
      >
        <Tabs.List mb="lg">
          {open.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`settings.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {open.map((each) => (
          <Tabs.Panel key={each} value={each}>
            {each === section ? bodies[each]() : null}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
