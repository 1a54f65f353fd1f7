import { useCallback, useEffect, useState } from 'react';
import type { Pages } from '@/primitives/usePages';

export interface Further {
  /** The reader stopped the search. */
  stopped: boolean;
  stop(): void;
  goOn(): void;
}

/**
 * Lets a search that the server cut short go on by itself as long as it has
 * found nothing, until it is stopped. With rows there to read it waits.
 */
export function useFurther<Row>(pages: Pages<Row>, question: string): Further {
  const [stoppedOf, setStoppedOf] = useState<string>();
  const stopped = stoppedOf === question;
  const { goOn: next, stop: cancel } = pages;
  const waits = pages.cut && !pages.stale && !pages.busy && !pages.error && pages.rows.length === 0;
  useEffect(() => {
    if (waits && !stopped) next();
  }, [waits, stopped, next]);
  const stop = useCallback(() => {
    setStoppedOf(question);
    cancel();
  }, [question, cancel]);
  const goOn = useCallback(() => {
    setStoppedOf(undefined);
    next();
  }, [next]);
  return { stopped: stopped && !pages.busy, stop, goOn };
}
