import {
  type ColumnDef,
  type ColumnOrderState,
  type ColumnSizingState,
  getCoreRowModel,
  type Updater,
  useReactTable,
  type VisibilityState,
} from '@tanstack/react-table';
import { useEffect, useMemo, useState } from 'react';
import { remember, remembered } from '@/app/preferences';
import type { Column } from './types';

interface Layout {
  order: ColumnOrderState;
  sizes: ColumnSizingState;
  shown: VisibilityState;
}

const noRows: never[] = [];
export const narrowest = 56;

/** The columns of a table as one has arranged them, remembered on this browser. */
export function useTableLayout<Row>(id: string, columns: Column<Row>[]) {
  const key = `eljefe.table.${id}`;
  const usual = useMemo<Layout>(
    () => ({
      order: columns.map((column) => column.id),
      sizes: {},
      shown: Object.fromEntries(columns.map((column) => [column.id, !column.hidden])),
    }),
    [columns],
  );
  const [own, setOwn] = useState<Partial<Layout>>(() => remembered<Partial<Layout> | null>(key, null) ?? {});
  useEffect(() => remember(key, own), [key, own]);

  const layout = useMemo<Layout>(() => {
    const known = new Set(usual.order);
    const kept = (own.order ?? []).filter((column) => known.has(column));
    return {
      // Columns that came with a newer version stand at the end.
      order: [...kept, ...usual.order.filter((column) => !kept.includes(column))],
      sizes: own.sizes ?? {},
      shown: { ...usual.shown, ...own.shown },
    };
  }, [own, usual]);

  const defs = useMemo<ColumnDef<Row>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.header,
        size: column.width,
        minSize: narrowest,
        maxSize: 2000,
      })),
    [columns],
  );
  const apply = <T>(updater: Updater<T>, old: T): T =>
    typeof updater === 'function' ? (updater as (old: T) => T)(old) : updater;

  const table = useReactTable<Row>({
    data: noRows,
    columns: defs,
    getCoreRowModel: getCoreRowModel(),
    columnResizeMode: 'onChange',
    state: {
      columnOrder: layout.order,
      columnSizing: layout.sizes,
      columnVisibility: layout.shown,
    },
    onColumnOrderChange: (updater) => setOwn((old) => ({ ...old, order: apply(updater, layout.order) })),
    onColumnSizingChange: (updater) => setOwn((old) => ({ ...old, sizes: apply(updater, old.sizes ?? {}) })),
    onColumnVisibilityChange: (updater) => setOwn((old) => ({ ...old, shown: apply(updater, layout.shown) })),
  });

  return { table, layout, reset: () => setOwn({}) };
}
