import { remember, remembered } from '@/app/preferences';

const key = 'eljefe.filters';
const most = 20;

/** The filters used last on this browser, newest first. */
export function recentFilters(): string[] {
  const found = remembered<unknown>(key, []);
  return Array.isArray(found) ? found.filter((q): q is string => typeof q === 'string').slice(0, most) : [];
}

export function noteFilter(q: string): void {
  const trimmed = q.trim();
  if (trimmed === '') return;
  remember(key, [trimmed, ...recentFilters().filter((old) => old !== trimmed)].slice(0, most));
}

export function forgetFilters(): void {
  remember(key, []);
}
