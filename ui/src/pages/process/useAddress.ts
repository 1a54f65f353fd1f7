import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef } from 'react';
import { type ProcessSearch, readProcessSearch } from '@/app/search';

/** Browsers refuse an address that changes with every key. */
const quiet = 250;

export interface ProcessAddress {
  search: ProcessSearch;
  change(change: Partial<ProcessSearch>, options?: { replace?: boolean }): Promise<void>;
  /** For what changes with every key: told in place of what was there, and not each time. */
  changeSoon(change: Partial<ProcessSearch>): void;
  /** Tells at once what waits to be told: before another page is opened. */
  settle(): Promise<void>;
}

/** What the address says of the process page, and how to change it. */
export function useAddress(): ProcessAddress {
  const search = useSearch({ from: '/shell/processes/$id' });
  const navigate = useNavigate({ from: '/processes/$id' });
  const router = useRouter();
  const path = useRef(router.history.location.pathname);
  /** What is to be told, and when. */
  const waiting = useRef<Partial<ProcessSearch>>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const change = useCallback(
    async (change: Partial<ProcessSearch>, options?: { replace?: boolean }) => {
      const told = { ...waiting.current, ...change };
      waiting.current = undefined;
      // This page stays until the next one is loaded; by then the address is no longer its own.
      if (router.history.location.pathname !== path.current) return;
      await navigate({ search: (old) => readProcessSearch({ ...old, ...told }), replace: options?.replace });
    },
    [router, navigate],
  );
  const settle = useCallback(async () => {
    if (waiting.current) await change({}, { replace: true });
  }, [change]);
  const changeSoon = useCallback(
    (next: Partial<ProcessSearch>) => {
      waiting.current = { ...waiting.current, ...next };
      // The first of a row of changes is told at once, the last when they have come to rest.
      if (timer.current === undefined) void settle();
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        timer.current = undefined;
        void settle();
      }, quiet);
    },
    [settle],
  );
  useEffect(() => () => clearTimeout(timer.current), []);
  return { search, change, changeSoon, settle };
}
