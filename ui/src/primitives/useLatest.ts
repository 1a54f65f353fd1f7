import { useCallback, useLayoutEffect, useRef } from 'react';

/** A function that never changes and always does what the one given last does: for what is dear to render anew. */
export function useLatest<A extends unknown[], T>(
  act: ((...given: A) => T) | undefined,
): (...given: A) => T | undefined {
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  return useCallback((...given: A) => latest.current?.(...given), []);
}
