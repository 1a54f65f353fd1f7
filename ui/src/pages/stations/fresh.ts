import type { Station } from '@/api/types';

export interface Fresh {
  /** The rows in the order in which they are read, with their latest figures. */
  rows: Station[];
  /** How many stations there are now that were not. */
  news: number;
}

interface How {
  /** The list has been read to its end. */
  ended: boolean;
  /** What it is sorted by never changes: only a new station comes between two old ones. */
  settled: boolean;
}

/**
 * Puts what the server says now of a list into the rows that are shown, without
 * moving one. What stands between them now and is not among them is new; where
 * rows change their places it may only have come up from further below, which a
 * list read to its end leaves no room for.
 */
export function freshen(rows: Station[], now: Station[], { ended, settled }: How): Fresh {
  const latest = new Map(now.map((station) => [station.id, station]));
  const shown = new Set(rows.map((station) => station.id));
  // What follows the last row is read when the reader gets there.
  const reach = ended ? now : settled ? now.slice(0, now.findLastIndex(({ id }) => shown.has(id)) + 1) : [];
  return {
    rows: rows.map((station) => latest.get(station.id) ?? station),
    news: reach.filter(({ id }) => !shown.has(id)).length,
  };
}
