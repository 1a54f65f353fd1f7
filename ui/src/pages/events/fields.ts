import type { EventRow } from '@/api/types';
import type { Value } from '@/primitives/ValueMenu';

/** A member of an event as a value that can be filtered by. */
export function valueFor(row: EventRow, member: keyof EventRow): Value | undefined {
  const value = row[member];
  if (value === undefined || value === null || value === '') return undefined;
  if (member === 'duration_ms') {
    // Durations are stored finer than they are told.
    return { field: 'duration', value: `${value}ms`, filter: `${value}ms..${Number(value) + 1}ms` };
  }
  return { field: member, value: String(value), page: pageOf(row, member) };
}

function pageOf(row: EventRow, member: keyof EventRow): Value['page'] {
  if (member === 'image' || member === 'pid') return { href: processHref(row.process), label: '' };
  if (member === 'parent_image' && row.parent_process) return { href: processHref(row.parent_process), label: '' };
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
