import { ActionIcon, FocusTrap, Tooltip } from '@mantine/core';
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconX } from '@tabler/icons-react';
import { useRouterState } from '@tanstack/react-router';
import { Mark } from '@/primitives/Mark';
import { product } from '@/primitives/Page';
import { useEventAddress } from '../eventSearch';
import { useI18n } from '../i18n';
import { setPreferences, usePreferences } from '../preferences';
import { eventsHref } from '../search';
import { useSession } from '../session';
import classes from './Shell.module.css';
import { type Tab, tabs } from './tabs';

interface RailProps {
  /** Stands over the page, as a menu. */
  overlay?: boolean;
  onClose?(): void;
}

export function Rail({ overlay, onClose }: RailProps) {
  const { t } = useI18n();
  const { railCollapsed } = usePreferences();
  const { user } = useSession();
  const collapsed = railCollapsed && !overlay;
  const toggle = collapsed ? t('rail.expand') : t('rail.collapse');
  const list = (foot: boolean) => (
    <ul className={classes.tabs}>
      {tabs
        .filter((tab) => (tab.foot ?? false) === foot && (tab.roles?.includes(user.role) ?? true))
        .map((tab) => (
          <RailTab key={tab.to} tab={tab} collapsed={collapsed} />
        ))}
    </ul>
  );
  const rail = (
    <nav
      className={classes.rail}
      data-collapsed={collapsed || undefined}
      data-overlay={overlay || undefined}
      aria-label={t('rail.label')}
      onKeyDown={(event) => {
        if (overlay && event.key === 'Escape') onClose?.();
      }}
    >
      <div className={classes.brand}>
        <a href="/" aria-label={product}>
          <Mark />
          {collapsed ? null : <span>{product}</span>}
        </a>
        {overlay ? (
          <ActionIcon aria-label={t('close')} onClick={onClose}>
            <IconX size={16} />
          </ActionIcon>
        ) : null}
      </div>
      {list(false)}
      <div className={classes.gap} />
      {list(true)}
      {overlay ? null : (
        <div className={classes.collapse}>
          <Tooltip label={toggle} position="right" disabled={!collapsed}>
            <button
              type="button"
              className={classes.tab}
              aria-label={toggle}
              onClick={() => setPreferences({ railCollapsed: !railCollapsed })}
            >
              {collapsed ? (
                <IconLayoutSidebarLeftExpand size={18} stroke={1.6} />
              ) : (
                <IconLayoutSidebarLeftCollapse size={18} stroke={1.6} />
              )}
              {collapsed ? null : <span>{t('rail.collapseShort')}</span>}
            </button>
          </Tooltip>
        </div>
      )}
    </nav>
  );
  if (!overlay) return rail;
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: Escape and the button close it too */}
      <div className={classes.veil} onClick={onClose} />
      <FocusTrap>{rail}</FocusTrap>
    </>
  );
}

function RailTab({ tab, collapsed }: { tab: Tab; collapsed: boolean }) {
  const { t } = useI18n();
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const { search } = useEventAddress();
  const current = [tab.to, ...(tab.also ?? [])].some((path) => pathname === path || pathname.startsWith(`${path}/`));
  // The span looked at goes along; the filter does not.
  const href =
    tab.to === '/events' || tab.to === '/processes'
      ? eventsHref(
          { range: search.range, from: search.from, to: search.to },
          tab.to === '/events' ? 'events' : 'processes',
        )
      : tab.to;
  const Icon = tab.icon;
  return (
    <li>
      <Tooltip label={t(tab.label) as string} position="right" disabled={!collapsed}>
        <a
          className={classes.tab}
          href={href}
          aria-current={current ? 'page' : undefined}
          aria-label={collapsed ? (t(tab.label) as string) : undefined}
        >
          <Icon size={18} stroke={1.6} aria-hidden="true" />
          {collapsed ? null : <span>{t(tab.label) as string}</span>}
        </a>
      </Tooltip>
    </li>
  );
}
