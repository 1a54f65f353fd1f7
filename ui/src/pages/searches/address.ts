import type { SavedPage, SavedSearchDraft } from '@/api/types';
import { type Range, type RangeParameters, readRange, writeRange } from '@/app/range';
import {
  binariesHref,
  devicesHref,
  eventsHref,
  readBinarySearch,
  readDeviceSearch,
  readEventSearch,
  readStationSearch,
  stringifySearch,
} from '@/app/search';

/** What of a saved search is in the address of its page. */
export type Asked = Pick<SavedSearchDraft, 'page' | 'q' | 'range' | 'from' | 'to' | 'order'>;

/** What the page shown asks, to be saved; undefined for a page that lists nothing. */
export function askedBy(pathname: string, raw: Record<string, unknown>): Asked | undefined {
  switch (pathname) {
    case '/events':
    case '/processes': {
      const { q = '', order, stack, rank, ...range } = readEventSearch(raw);
      return {
        page: pathname.slice(1) as SavedPage,
        q,
        ...writtenRange(readRange(range)),
        order: words(order, stack && `stack:${stack}`, stack && rank),
      };
    }
    case '/binaries': {
      const { q = '', sort, order } = readBinarySearch(raw);
      return { page: 'binaries', q, range: '', order: words(sort, order) };
    }
    case '/devices': {
      const { tab, q = '', sort, order, ...range } = readDeviceSearch(raw);
      return tab
        ? { page: 'devices', q, range: '', order: words(sort, order) }
        : { page: 'device_events', q, ...writtenRange(readRange(range)), order };
    }
    case '/stations': {
      const { search = '', sort, order } = readStationSearch(raw);
      return { page: 'stations', q: search, range: '', order: words(sort, order) };
    }
    default:
      return undefined;
  }
}

/** Where a saved search is shown. */
export function hrefOf(saved: Asked): string {
  const said = (saved.order ?? '').split(' ');
  const raw = {
    q: saved.q,
    range: saved.range,
    from: saved.from,
    to: saved.to,
    sort: said.find((word) => !/^(asc|desc)$/.test(word)),
    order: said.find((word) => /^(asc|desc)$/.test(word)),
    stack: said.find((word) => word.startsWith('stack:'))?.slice('stack:'.length),
    rank: said.find((word) => word === 'common'),
  };
  switch (saved.page) {
    case 'binaries':
      return binariesHref(readBinarySearch(raw));
    case 'devices':
      return devicesHref(readDeviceSearch({ ...raw, tab: 'devices' }));
    case 'device_events':
      return devicesHref(readDeviceSearch(raw));
    case 'stations':
      return `/stations${stringifySearch({ ...readStationSearch({ ...raw, search: saved.q }) })}`;
    default:
      return eventsHref(readEventSearch(raw), saved.page);
  }
}

const ranged: readonly SavedPage[] = ['events', 'processes', 'device_events'];

/** The span of a saved search, where its page has one. */
export function rangeOf(saved: Asked): Range | undefined {
  return ranged.includes(saved.page) ? readRange(saved) : undefined;
}

/** Whether two ask the same. */
export function sameAs(a: Asked, b: Asked): boolean {
  return hrefOf(a) === hrefOf(b);
}

/** A link that goes on to work when the search is changed. */
export function linkOf(id: number): string {
  return `${location.origin}/searches/${id}`;
}

/** The usual span is named too: what is usual may change. */
function writtenRange(range: Range): Required<Pick<Asked, 'range'>> & RangeParameters {
  if (range.kind === 'between') return { ...writeRange(range), range: '' };
  return { range: range.kind === 'all' ? 'all' : range.span };
}

function words(...all: (string | undefined)[]): string | undefined {
  return all.filter(Boolean).join(' ') || undefined;
}
