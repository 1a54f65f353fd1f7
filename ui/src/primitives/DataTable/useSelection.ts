import { useCallback, useMemo, useRef, useState } from 'react';
import { useLatest } from '../useLatest';

export interface Selection<R> {
  /** The selected rows, in the order of the table. */
  picked: R[];
  has(key: string): boolean;
  /** Turns a row's selection; with `range`, that of all rows since the one turned last. */
  turn(key: string, index: number, range: boolean): void;
  /** Selects all rows, or none where all are selected. */
  turnAll(): void;
  clear(): void;
}

const none: ReadonlySet<string> = new Set();

/** Which rows are selected. They are known by key, so that rows that come later change nothing. */
export function useSelection<R>(rows: R[], keyOf: (row: R) => string): Selection<R> {
  const [keys, setKeys] = useState(none);
  const anchor = useRef(-1);
  const turn = useLatest((key: string, index: number, range: boolean) => {
    const from = range && anchor.current >= 0 ? anchor.current : index;
    anchor.current = index;
    const next = new Set(keys);
    const on = !keys.has(key);
    for (const row of rows.slice(Math.min(from, index), Math.max(from, index) + 1)) {
      if (on) next.add(keyOf(row));
      else next.delete(keyOf(row));
    }
    setKeys(next);
  });
  const clear = useCallback(() => {
    anchor.current = -1;
    setKeys(none);
  }, []);
  const picked = useMemo(
    () => (keys.size === 0 ? [] : rows.filter((row) => keys.has(keyOf(row)))),
    [rows, keys, keyOf],
  );
  const turnAll = () => setKeys(picked.length === rows.length ? none : new Set(rows.map(keyOf)));
  return { picked, has: (key) => keys.has(key), turn, turnAll, clear };
}
