import { useSyncExternalStore } from 'react';
import type { LiveState } from '@/api/live';

/** How the page's live connection is doing; "idle" where the page has none. */
export type Liveness = LiveState | 'idle';

let current: Liveness = 'idle';
const listeners = new Set<() => void>();

export function setLiveness(next: Liveness): void {
  if (next === current) return;
  current = next;
  for (const listener of listeners) listener();
}

export function useLiveness(): Liveness {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
