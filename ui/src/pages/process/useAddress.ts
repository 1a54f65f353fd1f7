import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef } from 'react';
import { type ProcessSearch, readProcessSearch } from '@/app/search';

/** Browsers refuse an address that changes with every key. */
const quiet = 250;

export interface ProcessAddress {
  search: ProcessSearch;
  change(change: Partial<ProcessSearch>, options?: { replace?: boolean }): void;
  /** For what changes with every key: told when it has come to rest, in place of what was there. */
  changeSoon(change: Partial<ProcessSearch>): void;
  /** Tells at once what waits to be told: before another page is opened. */
  settle(): void;
}

/** What the address says of the process page, and how to change it. */
export function useAddress(): ProcessAddress {
  const search = useSearch({ from: '/shell/processes/$id' });
  const navigate = useNavigate({ from: '/processes/$id' });
  const change = useCallback(
    (change: Partial<ProcessSearch>, options?: { replace?: boolean }) =>
      void navigate({
        search: (old) => readProcessSearch({ ...old, ...change }),
        replace: options?.replace,
      }),
    [navigate],
  );
  const waiting = useRef<Partial<ProcessSearch>>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const settle = useCallback(() => {
    clearTimeout(timer.current);
    const told = waiting.current;
    waiting.current = undefined;
    if (told) change(told, { replace: true });
  }, [change]);
  const changeSoon = useCallback(
    (next: Partial<ProcessSearch>) => {
      waiting.current = { ...waiting.current, ...next };
      clearTimeout(timer.current);
      timer.current = setTimeout(settle, quiet);
    },
    [settle],
  );
  useEffect(() => () => clearTimeout(timer.current), []);
  return { search, change, changeSoon, settle };
}
