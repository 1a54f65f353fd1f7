import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from '@mantine/core';
import {
  IconKeyboard,
  IconLogout,
  IconMasksTheater,
  IconMenu2,
  IconMoon,
  IconSettings,
  IconSun,
  IconSunMoon,
  IconUserCircle,
} from '@tabler/icons-react';
import { useRouterState } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { SavedSearches } from '@/pages/searches/SavedSearches';
import { FilterBar, type FilterBarHandle } from '@/primitives/FilterBar/FilterBar';
import { TimeRange } from '@/primitives/TimeRange';
import { useDeviceAddress } from '../deviceSearch';
import { useEventAddress } from '../eventSearch';
import { useFilterTarget } from '../filterTarget';
import { useI18n } from '../i18n';
import { setPreferences, usePreferences } from '../preferences';
import { demoHref } from '../search';
import { logOut, useSession } from '../session';
import { LiveSwitch } from './LiveSwitch';
import classes from './Shell.module.css';

interface TopBarProps {
  filter: RefObject<FilterBarHandle | null>;
  onMenu?(): void;
  onHelp(): void;
}

/** Lists without a time range of their own to which new rows come. */
const followed: ReadonlySet<string> = new Set(['/binaries', '/stations', '/devices', '/client']);

export function TopBar({ filter, onMenu, onHelp }: TopBarProps) {
  const { t } = useI18n();
  const events = useEventAddress();
  const devices = useDeviceAddress();
  const target = useFilterTarget();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const ranged = events.here ? events : devices.here && !devices.search.tab ? devices : undefined;
  return (
    <header className={classes.top}>
      {onMenu ? (
        <ActionIcon aria-label={t('rail.open')} onClick={onMenu}>
          <IconMenu2 size={18} />
        </ActionIcon>
      ) : null}
      <FilterBar
        handle={filter}
        value={target.q}
        onSubmit={(q) => {
          if (q !== '' || target.here) target.apply(q);
        }}
        hrefOf={target.hrefOf}
        of={target.of}
        end={<SavedSearches />}
      />
      {ranged ? (
        <>
          <TimeRange range={ranged.range} onChange={ranged.setRange} />
          <LiveSwitch range={ranged.range} />
        </>
      ) : followed.has(path) ? (
        <LiveSwitch />
      ) : null}
      <div className={classes.personal}>
        <LanguageMenu />
        <ThemeMenu />
        <UserMenu onHelp={onHelp} />
      </div>
    </header>
  );
}

function LanguageMenu() {
  const { t, language } = useI18n();
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={t('language')}>
          <ActionIcon
            aria-label={t('language.now', { code: language, name: language === 'es' ? 'español' : 'English' })}
          >
            <span className={classes.code}>{language}</span>
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('language')}>
        <Menu.RadioGroup
          value={language}
          onChange={(value) => setPreferences({ language: value === 'es' ? 'es' : 'en' })}
        >
          <Menu.RadioItem value="en" lang="en" closeMenuOnClick>
            English
          </Menu.RadioItem>
          <Menu.RadioItem value="es" lang="es" closeMenuOnClick>
            Español
          </Menu.RadioItem>
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

const schemes = [
  { value: 'auto', label: 'theme.auto', icon: IconSunMoon },
  { value: 'light', label: 'theme.light', icon: IconSun },
  { value: 'dark', label: 'theme.dark', icon: IconMoon },
] as const;

function ThemeMenu() {
  const { t } = useI18n();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = schemes.find((each) => each.value === colorScheme)?.icon ?? IconSun;
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={t('theme')}>
          <ActionIcon aria-label={t('theme')}>
            <Icon size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('theme')}>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as typeof colorScheme)}>
          {schemes.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value} closeMenuOnClick>
              {t(label)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

function UserMenu({ onHelp }: { onHelp(): void }) {
  const { t } = useI18n();
  const { user, server } = useSession();
  const { zone } = usePreferences();
  const href = demoHref(server, user);
  return (
    <Menu width={220}>
      <Menu.Target>
        <Tooltip label={user.name}>
          <ActionIcon aria-label={t('user.menu', { name: user.name })}>
            <IconUserCircle size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('user.menu', { name: user.name })}>
        <Menu.Label>
          {user.name} · {t(`role.${user.role}`)}
        </Menu.Label>
        <Menu.Item leftSection={<IconSettings size={14} />} component="a" href="/settings">
          {t('tab.settings')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconKeyboard size={14} />}
          rightSection={<kbd className={classes.kbd}>?</kbd>}
          onClick={onHelp}
        >
          {t('keys.title')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={14} />} onClick={() => void logOut()}>
          {t('logOut')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>
          El Jefe {server.version}
          {server.demo && !href ? ` · ${t('demo')}` : ''} · {t(`zone.${zone}`)}
        </Menu.Label>
        {href ? (
          <Menu.Item leftSection={<IconMasksTheater size={14} />} component="a" href={href}>
            {t('demo.shown')}
          </Menu.Item>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
