import { emptyState, type TreeState } from './tree';

/** A longer text would make an address that servers and mails refuse. */
const longest = 1_500;

/**
 * Writes what is open and folded as text for an address: a key for a row that
 * was opened, `*key` for one that was closed, `key*n` for how many are shown
 * below one. What was opened last is kept where it does not all fit.
 */
export function writeView({ open, limits }: TreeState): string | undefined {
  const word = (key: string) => key.replaceAll(' ', '_');
  const words = [
    ...[...open].map(([key, on]) => (on ? word(key) : `*${word(key)}`)),
    ...[...limits].map(([key, limit]) => `${word(key)}*${Number.isFinite(limit) ? limit : 'all'}`),
  ];
  let length = 0;
  const kept = words.reverse().filter((each) => {
    length += each.length + 1;
    return length <= longest;
  });
  return kept.reverse().join('.') || undefined;
}

/** Reads that text. Rows that are not there do no harm. */
export function readView(text: string | undefined): TreeState {
  if (!text) return emptyState;
  const open = new Map<string, boolean>();
  const limits = new Map<string, number>();
  for (const each of text.slice(0, longest).split('.')) {
    const [key = '', closed = '', limit] = each.replaceAll('_', ' ').split('*');
    if (key === '') open.set(closed, false);
    else if (!each.includes('*')) open.set(key, true);
    else if (closed === 'all') limits.set(key, Number.POSITIVE_INFINITY);
    else if (limit === undefined && /^\d{1,6}$/.test(closed)) limits.set(key, Number(closed));
  }
  return { ...emptyState, open, limits };
}
