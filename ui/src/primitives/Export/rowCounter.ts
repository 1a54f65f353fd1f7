import type { ExportFormat } from '@/api/client';

const [newline, quote] = [10, 34];

/** Counts the rows of a file that comes in pieces. Lines within a quoted value of CSV, and its heading, are none. */
export function rowCounter(format: ExportFormat): (piece: Uint8Array) => number {
  let quoted = false;
  let headings = format === 'csv' ? 1 : 0;
  return (piece) => {
    let rows = 0;
    for (const byte of piece) {
      // A quote within a quoted value is written twice, and so changes nothing.
      if (byte === quote && format === 'csv') quoted = !quoted;
      else if (byte === newline && !quoted) rows++;
    }
    const heading = Math.min(headings, rows);
    headings -= heading;
    return rows - heading;
  };
}
