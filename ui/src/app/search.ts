import type { BinarySort, DeviceSort, Role, StationFilter, StationShow, StationSort, UpdateState } from '@/api/types';
import { type RangeParameters, readRange, writeRange } from './range';

/** The pages that list events: all of them, or one for each process. */
export type EventList = 'events' | 'processes';

/** What the address of a list of events says: everything the page shows. */
export interface EventSearch extends RangeParameters {
  q?: string;
  order?: 'asc';
  /** The process that lies open beside the table. */
  p?: string;
  /** The field whose values are counted in place of the rows. */
  stack?: string;
  /** The values with most events come first; those with fewest, where absent. */
  rank?: 'common';
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Reads the address of a list of events. Nonsense is dropped, so that every address shows something. */
export function readEventSearch(raw: Record<string, unknown>): EventSearch {
  return tidy({
    q: text(raw.q)?.trim() || undefined,
    ...writeRange(readRange({ range: text(raw.range), from: text(raw.from), to: text(raw.to) })),
    order: raw.order === 'asc' ? 'asc' : undefined,
    p: text(raw.p),
    stack: /^[a-z0-9_]{1,40}$/.exec(text(raw.stack) ?? '')?.[0],
    rank: raw.rank === 'common' ? 'common' : undefined,
  });
}

function tidy<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** Addresses carry plain text, never JSON: `?q=123` is the filter "123". */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }
  const written = parameters.toString();
  return written ? `?${written}` : '';
}

export function eventsHref(search: EventSearch, list: EventList = 'events'): string {
  return `/${list}${stringifySearch({ ...search })}`;
}

/** What the address of the binaries page says. */
export interface BinarySearch {
  q?: string;
  /** Absent for the newest first. */
  sort?: BinarySort;
  order?: 'asc';
  /** The binary that lies open beside the table. */
  b?: string;
}

const binarySorts: readonly BinarySort[] = ['last_seen', 'stations', 'runs', 'name'];

export function readBinarySearch(raw: Record<string, unknown>): BinarySearch {
  return tidy({
    q: text(raw.q)?.trim() || undefined,
    sort: binarySorts.find((each) => each === raw.sort),
    order: raw.order === 'asc' ? 'asc' : undefined,
    b: text(raw.b),
  });
}

export function binariesHref(search: BinarySearch = {}): string {
  return `/binaries${stringifySearch({ ...search })}`;
}

/** The page of a binary, by its number or a whole hash; the usual tab where none is named. */
export function binaryHref(id: number | string, tab?: string): string {
  return `/binaries/${encodeURIComponent(id)}${stringifySearch({ tab })}`;
}

/** What the address of the page of USB devices says. */
export interface DeviceSearch extends RangeParameters {
  /** The events of devices, where absent. */
  tab?: 'devices';
  q?: string;
  /** Of devices; absent for those seen last. Their events are always sorted by time. */
  sort?: DeviceSort;
  order?: 'asc';
  /** What lies open beside the table: a device, or an event by its device's number and its own. */
  d?: string;
}

const deviceSorts: readonly DeviceSort[] = ['first_seen', 'stations', 'plugs', 'name'];

export function readDeviceSearch(raw: Record<string, unknown>): DeviceSearch {
  const tab = raw.tab === 'devices' ? raw.tab : undefined;
  return tidy({
    tab,
    q: text(raw.q)?.trim() || undefined,
    ...writeRange(readRange({ range: text(raw.range), from: text(raw.from), to: text(raw.to) })),
    sort: tab && deviceSorts.find((each) => each === raw.sort),
    order: raw.order === 'asc' ? 'asc' : undefined,
    d: text(raw.d),
  });
}

export function devicesHref(search: DeviceSearch = {}): string {
  return `/devices${stringifySearch({ ...search })}`;
}

/** The page of a device; the usual tab where none is named. */
export function deviceHref(id: number | string, tab?: string): string {
  return `/devices/${encodeURIComponent(id)}${stringifySearch({ tab })}`;
}

/** What the address of the stations page says. */
export interface StationSearch extends StationFilter {
  /** Absent for those by name. */
  sort?: StationSort;
  order?: 'desc';
  /** The station that lies open beside the table. */
  s?: string;
  /** Of which span the events above the table are, as "24h"; the usual one, where absent. */
  span?: string;
}

export const stationShows: readonly StationShow[] = [
  'live',
  'online',
  'silent',
  'waiting',
  'imported',
  'retired',
  'revoked',
];
const stationSorts: readonly StationSort[] = ['last_contact', 'last_seen', 'first_seen', 'processes'];

/** The members of a station's address that choose by a value. */
export const stationValues = ['label', 'system', 'agent_version', 'sensor_mode', 'enrolment_key'] as const;

export function readStationSearch(raw: Record<string, unknown>): StationSearch {
  return tidy({
    search: text(raw.search)?.trim() || undefined,
    show: stationShows.find((each) => each === raw.show),
    ...Object.fromEntries(stationValues.map((name) => [name, text(raw[name])])),
    sort: stationSorts.find((each) => each === raw.sort),
    order: raw.order === 'desc' ? 'desc' : undefined,
    s: text(raw.s),
    span: text(raw.span),
  });
}

export function stationsHref(search: StationSearch = {}): string {
  return `/stations${stringifySearch({ ...search })}`;
}

export function stationHref(id: number | string, tab?: string): string {
  return `/stations/${encodeURIComponent(id)}${stringifySearch({ tab })}`;
}

/** What the address of the page of one thing says: the tab that is chosen, and what lies open beside it. */
export interface ThingSearch {
  tab?: string;
  /** The row that lies open: a process, or a binary in the tab of binaries. */
  p?: string;
  /** Of which span the page tells, as "7d". */
  span?: string;
  /** The cause whose gaps are listed; all, where absent. */
  cause?: string;
}

export function readThingSearch(raw: Record<string, unknown>): ThingSearch {
  return tidy({ tab: text(raw.tab), p: text(raw.p), span: text(raw.span), cause: text(raw.cause) });
}

/** What the address of a process's page says. */
export interface ProcessSearch {
  /** The facts, where absent. */
  tab?: string;
  /** What is looked for in the tree. */
  find?: string;
  /** The process in the tree that the reader has come to. */
  at?: string;
  /** What is open and folded in the tree. */
  open?: string;
  /** Equal siblings are shown one by one. */
  apart?: 'yes';
  /** How many minutes the timeline reaches to either side, where that is not the usual five. */
  around?: '1' | '30';
  /** The timeline lies around the end, not the start. */
  edge?: 'end';
}

export function readProcessSearch(raw: Record<string, unknown>): ProcessSearch {
  return tidy({
    tab: text(raw.tab),
    find: text(raw.find),
    at: text(raw.at),
    open: text(raw.open),
    apart: raw.apart === 'yes' ? 'yes' : undefined,
    around: raw.around === '1' || raw.around === '30' ? raw.around : undefined,
    edge: raw.edge === 'end' ? 'end' : undefined,
  });
}

/** What the address of the page of clients says. */
export interface ClientSearch {
  /** Making a client, where absent. */
  tab?: string;
  /** The kind of client, as "windows-arm64-msi". */
  package?: string;
  /** The number of the key with which its stations enrol; a new one, where absent. */
  key?: number;
  /** Of the updates: only those in this state. */
  state?: UpdateState;
}

export const updateStates: readonly UpdateState[] = [
  'offered',
  'fetching',
  'verified',
  'installed',
  'reporting',
  'refused',
  'failed',
  'rolled_back',
  'lost',
];

export function readClientSearch(raw: Record<string, unknown>): ClientSearch {
  const key = Number(raw.key);
  return tidy({
    tab: text(raw.tab),
    package: text(raw.package),
    key: Number.isSafeInteger(key) && key > 0 ? key : undefined,
    state: updateStates.find((each) => each === raw.state),
  });
}

export function clientHref(search: ClientSearch = {}): string {
  return `/client${stringifySearch({ ...search })}`;
}

/** What the address of the settings says. */
export interface SettingsSearch {
  /** One's own, where absent. */
  section?: string;
  /** Of the audit: whose doing, and which. */
  who?: string;
  action?: string;
}

export function readSettingsSearch(raw: Record<string, unknown>): SettingsSearch {
  return tidy({ section: text(raw.section), who: text(raw.who), action: text(raw.action) });
}

export function settingsHref(search: SettingsSearch): string {
  return `/settings${stringifySearch({ ...search })}`;
}

/** Where the demo is explained and can be removed, for who may do it while the server shows it. */
export function demoHref(server: { demo: boolean }, user: { role: Role }): string | undefined {
  return server.demo && user.role === 'administrator' ? settingsHref({ section: 'demo' }) : undefined;
}

/** Where to go after log-in: only ever a page of this site. */
export function safeReturn(path: unknown): string {
  if (typeof path !== 'string' || !/^\/(?![/\\])/.test(path) || /[\p{Cc}\\]/u.test(path)) return '/';
  return /^\/(login|password)\b/.test(path) ? '/' : path;
}
