import type { EventRow } from '@/api/types';
import { binaryHref, stationHref } from '@/app/search';
import type { Value } from '@/primitives/ValueMenu';

/** A member of an event as a value that can be filtered by. */
export function valueFor(row: EventRow, member: keyof EventRow): Value | undefined {
  const value = row[member];
  if (value === undefined || value === null || value === '') return undefined;
  if (member === 'duration_ms') {
    // Durations are stored finer than they are told.
    return { field: 'duration', value: `${value}ms`, filter: `${value}ms..${Number(value) + 1}ms` };
  }
  if (times.has(member)) {
    // Nobody looks for a nanosecond: the second is what belongs together.
    return { field: member, value: String(value), filter: String(value).slice(0, 'YYYY-MM-DDTHH:MM:SS'.length) };
  }
  return { field: member, value: String(value), page: pageOf(row, member) };
}

const times: ReadonlySet<keyof EventRow> = new Set<keyof EventRow>([
  'time',
  'started',
  'stopped',
  'parent_started',
  'compiled',
]);

/** What says something of the binary, and so leads to its page. */
const ofBinary: ReadonlySet<keyof EventRow> = new Set<keyof EventRow>([
  'image',
  'sha256',
  'sha1',
  'md5',
  'imphash',
  'original_file_name',
  'prevalence',
  'runs',
]);

function pageOf(row: EventRow, member: keyof EventRow): Value['page'] {
  if (ofBinary.has(member) && row.binary_id !== undefined) return { href: binaryHref(row.binary_id) };
  if (member === 'image' || member === 'pid') return { href: processHref(row.process) };
  if (member === 'station') return { href: stationHref(row.station_id) };
  if (member === 'parent_image' || member === 'parent_pid') {
    return row.parent_process ? { href: processHref(row.parent_process) } : undefined;
  }
  return undefined;
}

export function processHref(id: string): string {
  return `/processes/${encodeURIComponent(id)}`;
}

/** An exit code as Windows people write it: small ones in decimal, status codes in hexadecimal. */
export function exitCode(code: number): string {
  const unsigned = code >>> 0;
  return unsigned < 0x10000 ? String(unsigned) : `0x${unsigned.toString(16).padStart(8, '0')}`;
}

/** Events as lines of JSON, as the server exports them. */
export function toNdjson(rows: object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
