import type { EventRow } from '@/api/types';
import type { Value } from '@/primitives/ValueMenu';

/** The filter's name for a member of an event, where the two differ. */
const filterNames: Partial<Record<keyof EventRow, string>> = {
  duration_ms: 'duration',
};

/** A member of an event as a value that can be filtered by. */
export function valueFor(row: EventRow, member: keyof EventRow): Value | undefined {
  const value = row[member];
  if (value === undefined || value === null || value === '') return undefined;
  const text = member === 'duration_ms' ? `${value}ms` : String(value);
  return { field: filterNames[member] ?? member, value: text, page: pageOf(row, member) };
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
