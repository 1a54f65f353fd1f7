import { useCallback, useEffect, useRef } from 'react';
import { useLatest } from './useLatest';

/** Does something some time after it was asked for; what is asked for until then is one. */
export function useThrottled(action: () => void, every: number): () => void {
  const latest = useLatest(action);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest();
    }, every);
  }, [latest, every]);
}
