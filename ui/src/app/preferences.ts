import { useSyncExternalStore } from 'react';

/** What a person prefers on this browser. The server knows nothing of it. */
export interface Preferences {
  language: 'auto' | 'en' | 'es';
  zone: 'local' | 'utc';
  railCollapsed: boolean;
  live: boolean;
}

const key = 'eljefe.preferences';
const defaults: Preferences = { language: 'auto', zone: 'local', railCollapsed: false, live: true };

/** Reads a JSON value that this browser remembers; anything unreadable counts as absent. */
export function remembered<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

/** Remembers a JSON value. A browser that refuses storage only forgets. */
export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Full or closed storage: the choice lasts until the page is left.
  }
}

let current: Preferences = sane(remembered<Partial<Preferences>>(key, {}));
const listeners = new Set<() => void>();

function sane(found: Partial<Preferences> | null): Preferences {
  const merged = { ...defaults, ...found };
  if (!['auto', 'en', 'es'].includes(merged.language)) merged.language = 'auto';
  if (merged.zone !== 'utc') merged.zone = 'local';
  return merged;
}

function publish(next: Preferences): void {
  current = next;
  for (const listener of listeners) listener();
}

export function setPreferences(change: Partial<Preferences>): void {
  publish({ ...current, ...change });
  remember(key, current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const onStorage = (event: StorageEvent) => {
    if (event.key === key) publish(sane(remembered<Partial<Preferences>>(key, {})));
  };
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}

/** What is preferred now, for what is not yet on screen. */
export function preferences(): Preferences {
  return current;
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}
