import type { Binary } from '@/api/types';
import { splitPath } from '@/primitives/hostile';

export type HashName = 'sha256' | 'sha1' | 'md5';

const strongestFirst: readonly HashName[] = ['sha256', 'sha1', 'md5'];

/** The strongest hash that is known of a binary. */
export function bestHash(binary: Binary): { name: HashName; value: string } | undefined {
  for (const name of strongestFirst) {
    const value = binary[name];
    if (value) return { name, value };
  }
  return undefined;
}

/**
 * The name a file was built under, where it lies under another. Windows' own
 * language files add ".mui" to it, which says nothing.
 */
export function formerName(binary: Pick<Binary, 'name' | 'original_file_name'>): string | undefined {
  const former = binary.original_file_name?.trim();
  // Sysmon writes "?" or "-" where a file says nothing.
  if (!former || !/[\p{L}\p{N}]/u.test(former)) return undefined;
  const bare = (name: string) =>
    splitPath(name)
      .name.toLowerCase()
      .replace(/\.mui$/, '');
  const [was, is] = [bare(former), bare(binary.name)];
  // Some write the name without its extension.
  if (was === is || was === is.replace(/\.[a-z0-9]+$/, '')) return undefined;
  return former;
}

/** The binary's own number in the address of whatever is asked of events. */
export function eventsOf(binary: Pick<Binary, 'id'>): string {
  return `binary_id:${binary.id}`;
}
