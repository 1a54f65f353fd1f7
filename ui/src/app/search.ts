import { type RangeParameters, readRange, writeRange } from './range';

/** What the address of the events page says: everything the page shows. */
export interface EventSearch extends RangeParameters {
  q?: string;
  order?: 'asc';
  /** The process that lies open beside the table. */
  p?: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Reads the events page's address. Nonsense is dropped, so that every address shows something. */
export function readEventSearch(raw: Record<string, unknown>): EventSearch {
  return tidy({
    q: text(raw.q)?.trim() || undefined,
    ...writeRange(readRange({ range: text(raw.range), from: text(raw.from), to: text(raw.to) })),
    order: raw.order === 'asc' ? 'asc' : undefined,
    p: text(raw.p),
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

export function eventsHref(search: EventSearch): string {
  return `/events${stringifySearch({ ...search })}`;
}

/** Where to go after log-in: only ever a page of this site. */
export function safeReturn(path: unknown): string {
  if (typeof path !== 'string' || !/^\/(?![/\\])/.test(path) || /[\p{Cc}\\]/u.test(path)) return '/';
  return /^\/(login|password)\b/.test(path) ? '/' : path;
}
