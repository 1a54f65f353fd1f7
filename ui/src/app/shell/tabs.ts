import {
  IconAppWindow,
  IconBinaryTree2,
  IconDeviceDesktop,
  IconFileImport,
  IconLayoutDashboard,
  IconPackageExport,
  type IconProps,
  IconSettings,
  IconTimeline,
  IconUsb,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Role } from '@/api/types';
import type { Key } from '../i18n/en';

export interface Tab {
  to: string;
  label: Key;
  icon: ComponentType<IconProps>;
  /** Other pages that belong to it. */
  also?: string[];
  /** Who has it; everybody, where absent. */
  roles?: Role[];
  /** Stands at the foot of the rail. */
  foot?: boolean;
}

/** The rail. A tab is listed once its page works. */
export const tabs: Tab[] = [
  { to: '/overview', label: 'tab.overview', icon: IconLayoutDashboard },
  { to: '/stations', label: 'tab.stations', icon: IconDeviceDesktop },
  { to: '/binaries', label: 'tab.binaries', icon: IconAppWindow },
  { to: '/processes', label: 'tab.processes', icon: IconBinaryTree2 },
  { to: '/events', label: 'tab.events', icon: IconTimeline },
  { to: '/devices', label: 'tab.devices', icon: IconUsb },
  { to: '/import', label: 'tab.import', icon: IconFileImport, roles: ['administrator', 'analyst'] },
  { to: '/client', label: 'tab.client', icon: IconPackageExport, roles: ['administrator'] },
  { to: '/settings', label: 'tab.settings', icon: IconSettings, foot: true },
];
