import type { TreeRow } from './tree';

/** What a key does to the tree. */
export type TreeCommand =
  | { do: 'go'; to: number }
  | { do: 'toggle'; row: TreeRow; open: boolean }
  | { do: 'visit'; row: TreeRow; tab: boolean }
  | { do: 'unfold'; row: TreeRow; all: boolean }
  | { do: 'expand'; row: TreeRow }
  | { do: 'menu'; row: TreeRow }
  | { do: 'find' }
  | { do: 'match'; by: 1 | -1 };

export interface TreeKey {
  key: string;
  ctrlKey?: boolean;
  metaKey?: boolean;
  shiftKey?: boolean;
}

const page = 12;

/** What a key means where the row at `current` is active; undefined where it means nothing here. */
export function commandOf({ key, ctrlKey, metaKey }: TreeKey, rows: readonly TreeRow[], current: number) {
  return (ctrlKey || metaKey ? withControl(key, rows[current]) : alone(key, rows, current)) satisfies
    | TreeCommand
    | undefined;
}

function withControl(key: string, row: TreeRow | undefined): TreeCommand | undefined {
  if (key === 'f') return { do: 'find' };
  if (key === 'Enter' && row) return { do: 'visit', row, tab: true };
  return undefined;
}

function alone(key: string, rows: readonly TreeRow[], current: number): TreeCommand | undefined {
  const row = rows[current];
  const go = (to: number): TreeCommand => ({ do: 'go', to: Math.max(0, Math.min(rows.length - 1, to)) });
  switch (key) {
    case 'f':
      return { do: 'find' };
    case 'n':
      return { do: 'match', by: 1 };
    case 'N':
      return { do: 'match', by: -1 };
    case 'ArrowDown':
    case 'j':
      return go(current + 1);
    case 'ArrowUp':
    case 'k':
      return go(current < 0 ? 0 : current - 1);
    case 'PageDown':
      return go(current + page);
    case 'PageUp':
      return go(current - page);
    case 'Home':
    case 'g':
      return go(0);
    case 'End':
    case 'G':
      return go(rows.length - 1);
  }
  if (!row) return undefined;
  switch (key) {
    case 'ArrowRight':
      return inward(rows, current, row);
    case 'ArrowLeft':
      return outward(rows, current, row);
    case 'Enter':
      if (row.kind === 'process') return { do: 'visit', row, tab: false };
      return row.kind === 'more' ? { do: 'unfold', row, all: false } : { do: 'toggle', row, open: !row.open };
    case ' ':
      return 'open' in row && row.open !== undefined ? { do: 'toggle', row, open: !row.open } : undefined;
    case '*':
      return { do: 'expand', row };
    case 'm':
    case 'ContextMenu':
      return row.kind === 'process' ? { do: 'menu', row } : undefined;
  }
  return undefined;
}

/** Right: opens what is closed, goes into what is open. */
function inward(rows: readonly TreeRow[], current: number, row: TreeRow): TreeCommand | undefined {
  if (row.kind === 'more') return { do: 'unfold', row, all: false };
  if (row.open === false) return { do: 'toggle', row, open: true };
  const next = rows[current + 1];
  return next && next.depth > row.depth ? { do: 'go', to: current + 1 } : undefined;
}

/** Left: closes what is open, goes out of what is closed. */
function outward(rows: readonly TreeRow[], current: number, row: TreeRow): TreeCommand | undefined {
  if (row.kind !== 'more' && row.open) return { do: 'toggle', row, open: false };
  for (let i = current - 1; i >= 0; i--) if (rows[i]!.depth < row.depth) return { do: 'go', to: i };
  return undefined;
}
