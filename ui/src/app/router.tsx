import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import {
  parseSearch,
  readBinarySearch,
  readClientSearch,
  readDeviceSearch,
  readEventSearch,
  readProcessSearch,
  readSettingsSearch,
  readStationSearch,
  readThingSearch,
  stringifySearch,
} from './search';
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
    throw redirect({ to: '/overview', replace: true });
  },
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: '/overview',
  component: lazyRouteComponent(() => import('@/pages/overview/OverviewPage'), 'OverviewPage'),
});

export const events = createRoute({
  getParentRoute: () => shell,
  path: '/events',
  validateSearch: readEventSearch,
  component: lazyRouteComponent(() => import('@/pages/events/EventsPage'), 'EventsPage'),
});

const processes = createRoute({
  getParentRoute: () => shell,
  path: '/processes',
  validateSearch: readEventSearch,
  component: lazyRouteComponent(() => import('@/pages/processes/ProcessesPage'), 'ProcessesPage'),
});

const process = createRoute({
  getParentRoute: () => shell,
  path: '/processes/$id',
  validateSearch: readProcessSearch,
  component: lazyRouteComponent(() => import('@/pages/process/ProcessPage'), 'ProcessPage'),
});

const stations = createRoute({
  getParentRoute: () => shell,
  path: '/stations',
  validateSearch: readStationSearch,
  component: lazyRouteComponent(() => import('@/pages/stations/StationsPage'), 'StationsPage'),
});

const station = createRoute({
  getParentRoute: () => shell,
  path: '/stations/$id',
  validateSearch: readThingSearch,
  component: lazyRouteComponent(() => import('@/pages/stations/StationPage'), 'StationPage'),
});

const binaries = createRoute({
  getParentRoute: () => shell,
  path: '/binaries',
  validateSearch: readBinarySearch,
  component: lazyRouteComponent(() => import('@/pages/binaries/BinariesPage'), 'BinariesPage'),
});

const binary = createRoute({
  getParentRoute: () => shell,
  path: '/binaries/$id',
  validateSearch: readThingSearch,
  component: lazyRouteComponent(() => import('@/pages/binaries/BinaryPage'), 'BinaryPage'),
});

const devices = createRoute({
  getParentRoute: () => shell,
  path: '/devices',
  validateSearch: readDeviceSearch,
  component: lazyRouteComponent(() => import('@/pages/devices/DevicesPage'), 'DevicesPage'),
});

const device = createRoute({
  getParentRoute: () => shell,
  path: '/devices/$id',
  validateSearch: readThingSearch,
  component: lazyRouteComponent(() => import('@/pages/devices/DevicePage'), 'DevicePage'),
});

const search = createRoute({
  getParentRoute: () => shell,
  path: '/searches/$id',
  component: lazyRouteComponent(() => import('@/pages/searches/OpenSearchPage'), 'OpenSearchPage'),
});

const imports = createRoute({
  getParentRoute: () => shell,
  path: '/import',
  component: lazyRouteComponent(() => import('@/pages/imports/ImportPage'), 'ImportPage'),
});

const client = createRoute({
  getParentRoute: () => shell,
  path: '/client',
  validateSearch: readClientSearch,
  component: lazyRouteComponent(() => import('@/pages/clients/ClientsPage'), 'ClientsPage'),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  validateSearch: readSettingsSearch,
  component: lazyRouteComponent(() => import('@/pages/settings/SettingsPage'), 'SettingsPage'),
});

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([
      login,
      password,
      shell.addChildren([
        index,
        overview,
        stations,
        station,
        binaries,
        binary,
        devices,
        device,
        processes,
        process,
        events,
        search,
        imports,
        client,
        settings,
      ]),
    ]),
    parseSearch,
    stringifySearch,
    defaultErrorComponent: Broken,
    defaultPendingMs: 300,
    scrollRestoration: false,
  });
}
