import type { ReactNode } from 'react';
import { Failure, Waiting } from './State';

interface LoadedProps<T> {
  /** What was asked for, as the query cache has it. */
  query: { data: T | undefined; error: Error | null; refetch(): unknown };
  /** What is said when it failed. */
  failed: string;
  lines?: number;
  children(data: T): ReactNode;
}

/** Shows an answer once it is there; until then lines where it will be, or why it is not. */
export function Loaded<T>({ query, failed, lines = 3, children }: LoadedProps<T>) {
  // What was read before stays readable while a later question fails.
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure what={failed} error={query.error} onRetry={() => void query.refetch()} />;
  return <Waiting lines={lines} />;
}
