import { useEffect, useSyncExternalStore } from 'react';
import type { Span } from '@/api/client';
import type { Coverage } from '@/api/types';

/** What an answer on screen lacks, and the question it answers. */
export interface Lack {
  coverage: Coverage;
  of: Span;
}

/** Pages may show several answers; the one that came last is told. */
const lacks = new Map<symbol, Lack>();
const listeners = new Set<() => void>();
const notify = () => {
  for (const listener of listeners) listener();
};

/** Lets the shell know how complete an answer is for as long as it is on screen. */
export function useTellCoverage(coverage: Coverage | undefined, { from, to }: { from?: string; to?: string }): void {
  useEffect(() => {
    if (!coverage || coverage.complete) return;
    const key = Symbol();
    lacks.set(key, { coverage, of: { from, to, station: coverage.of_stations } });
    notify();
    return () => {
      lacks.delete(key);
      notify();
    };
  }, [coverage, from, to]);
}

/** What the answer on screen lacks; undefined where it lacks nothing. */
export function useLack(): Lack | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => [...lacks.values()].at(-1),
  );
}
