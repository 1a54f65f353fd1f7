import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { parseSearch, readEventSearch, stringifySearch } from './search';
import { Broken, NotFound } from './shell/Fallback';
import { Gate } from './shell/Gate';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (raw: Record<string, unknown>): { return?: string } =>
    typeof raw.return === 'string' ? { return: raw.return } : {},
  component: lazyRouteComponent(() => import('@/pages/session/LoginPage'), 'LoginPage'),
});

const password = createRoute({
  getParentRoute: () => root,
  path: '/password',
  validateSearch: (raw: Record<string, unknown>): { return?: string } =>
    typeof raw.return === 'string' ? { return: raw.return } : {},
  component: lazyRouteComponent(() => import('@/pages/session/PasswordPage'), 'PasswordPage'),
});

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Gate });

const index = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/events', replace: true });
  },
});

export const events = createRoute({
  getParentRoute: () => shell,
  path: '/events',
  validateSearch: readEventSearch,
  component: lazyRouteComponent(() => import('@/pages/events/EventsPage'), 'EventsPage'),
});

const process = createRoute({
  getParentRoute: () => shell,
  path: '/processes/$id',
  component: lazyRouteComponent(() => import('@/pages/process/ProcessPage'), 'ProcessPage'),
});

const stations = createRoute({
  getParentRoute: () => shell,
  path: '/stations',
  validateSearch: (raw: Record<string, unknown>): { search?: string } =>
    typeof raw.search === 'string' && raw.search ? { search: raw.search } : {},
  component: lazyRouteComponent(() => import('@/pages/stations/StationsPage'), 'StationsPage'),
});

const imports = createRoute({
  getParentRoute: () => shell,
  path: '/import',
  component: lazyRouteComponent(() => import('@/pages/imports/ImportPage'), 'ImportPage'),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  validateSearch: (raw: Record<string, unknown>): { section?: string } =>
    typeof raw.section === 'string' ? { section: raw.section } : {},
  component: lazyRouteComponent(() => import('@/pages/settings/SettingsPage'), 'SettingsPage'),
});

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([
      login,
      password,
      shell.addChildren([index, events, process, stations, imports, settings]),
    ]),
    parseSearch,
    stringifySearch,
    defaultErrorComponent: Broken,
    defaultPendingMs: 300,
    scrollRestoration: false,
  });
}
