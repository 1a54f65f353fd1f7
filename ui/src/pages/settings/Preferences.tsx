import { Select, useMantineColorScheme } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useI18n } from '@/app/i18n';
import { setPreferences, usePreferences, type Preferences as Values } from '@/app/preferences';
import { useSession } from '@/app/session';
import { Panel } from '@/primitives/Page';
import { PasswordForm } from '../session/PasswordForm';

/** What concerns only the person who is logged in. */
export function Preferences() {
  const { t } = useI18n();
  const { language, zone } = usePreferences();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { user } = useSession();
  return (
    <>
      <Panel title={t('settings.display')} lead={t('settings.displayLead')} form>
        <Select
          label={t('language')}
          value={language}
          onChange={(value) => setPreferences({ language: value as Values['language'] })}
          data={[
            { value: 'auto', label: t('language.auto') },
            { value: 'en', label: 'English' },
            { value: 'es', label: 'Español' },
          ]}
        />
        <Select
          label={t('theme')}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as typeof colorScheme)}
          data={[
            { value: 'auto', label: t('theme.auto') },
            { value: 'light', label: t('theme.light') },
            { value: 'dark', label: t('theme.dark') },
          ]}
        />
        <Select
          label={t('zone')}
          description={t('settings.zoneNow', { name: Intl.DateTimeFormat().resolvedOptions().timeZone })}
          value={zone}
          onChange={(value) => setPreferences({ zone: value as Values['zone'] })}
          data={[
            { value: 'local', label: t('zone.local') },
            { value: 'utc', label: t('zone.utc') },
          ]}
        />
      </Panel>
      <Panel title={t('settings.password')} lead={t('settings.passwordLead')} form>
        <PasswordForm userName={user.name} onDone={() => notifications.show({ message: t('password.changed') })} />
      </Panel>
    </>
  );
}
