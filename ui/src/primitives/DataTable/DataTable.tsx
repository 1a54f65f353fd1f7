import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, type ReactNode, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { useLatest } from '../useLatest';
import { useValueMenu } from '../ValueMenu';
import { BulkBar } from './BulkBar';
import { ColumnChooser } from './ColumnChooser';
import classes from './DataTable.module.css';
import { Head } from './Head';
import { Row } from './Row';
import type { Column, Sort } from './types';
import { useGridKeys } from './useGridKeys';
import { useSelection } from './useSelection';
import { useTableLayout } from './useTableLayout';

const rowHeight = 32;
const pickWidth = 36;
/** How many rows before the end the next page is asked for. */
const ahead = 40;

interface DataTableProps<R> {
  /** Names the remembered layout. */
  id: string;
  label: string;
  columns: Column<R>[];
  rows: R[];
  keyOf(row: R): string;
  /** Of how many rows there are in all, where that is known. */
  total?: number;
  /** The rows shown belong to the question before this one. */
  stale?: boolean;
  busy?: boolean;
  /** Which question the rows answer: another one starts at the top. */
  question?: string;
  onNearEnd?(): void;
  sort?: Sort;
  onSort?(column: string): void;
  /** Opens a row beside the table. */
  onOpen?(row: R): void;
  /** The page of a row, for a new tab. */
  hrefOf?(row: R): string | undefined;
  /** Which row is open beside the table. */
  isOpen?(row: R): boolean;
  /** Closes what is open beside the table. */
  onClose?(): void;
  bulk?(rows: R[]): ReactNode;
  tools?: ReactNode;
  summary?: ReactNode;
  /** Stands over the first row: news that wait. */
  notice?: ReactNode;
  /** Stands after the last row. */
  footer?: ReactNode;
  /** Stands in place of rows where there are none. */
  empty?: ReactNode;
}

/** Rows, many of them, to be read, walked with the keyboard, selected and opened. */
export function DataTable<R>(props: DataTableProps<R>) {
  const {
    id,
    label,
    columns,
    rows,
    keyOf,
    total,
    stale,
    busy,
    question,
    onNearEnd,
    sort,
    onSort,
    onOpen,
    hrefOf,
    isOpen,
    onClose,
    bulk,
  } = props;
  const { t } = useI18n();
  const menu = useValueMenu();
  const body = useRef<HTMLDivElement>(null);
  const domId = useId();
  const narrow = useMediaQuery('(max-width: 899px)', false, { getInitialValueInEffect: false });
  const { table, layout, reset } = useTableLayout(id, columns);
  const selection = useSelection(rows, keyOf);
  const { picked } = selection;
  const [active, setActive] = useState<number>(-1);
  /** The cell that the keys are in, by its column; the whole row, where absent. */
  const [cell, setCell] = useState<string>();

  // Widths are not in it: rows need not be drawn anew while a column is resized.
  const chosen = layout.order.filter((column) => layout.shown[column]).join(' ');
  const shown = useMemo(() => {
    const byId = new Map(columns.map((column) => [column.id, column]));
    return chosen
      .split(' ')
      .map((column) => byId.get(column))
      .filter((column) => column !== undefined)
      .filter((column) => !(narrow && column.wideOnly));
  }, [columns, chosen, narrow]);
  const selectable = bulk !== undefined;
  const widths = shown.map((column) => layout.sizes[column.id] ?? column.width);
  const template = [
    ...(selectable ? [`${pickWidth}px`] : []),
    ...shown.map((column, i) => (column.grow ? `minmax(${widths[i]}px, 1fr)` : `${widths[i]}px`)),
  ].join(' ');
  // Without a column that grows the last one takes what is left.
  const columnsTemplate = shown.some((column) => column.grow)
    ? template
    : template.replace(/(\d+px)$/, 'minmax($1, 1fr)');
  const width = widths.reduce((sum, each) => sum + each, selectable ? pickWidth : 0);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => body.current,
    estimateSize: () => rowHeight,
    // What is drawn beyond the edges costs as much as what is seen.
    overscan: 6,
    scrollPaddingStart: rowHeight + 4,
    scrollPaddingEnd: 8,
  });
  const items = virtual.getVirtualItems();
  // A row that leaves the window hands its elements to one that comes in: as many as were ever drawn at once.
  const slots = useRef(1);
  slots.current = Math.max(slots.current, items.length);
  // From the moment a row is opened until the page says which one is: a key that comes in between leafs too.
  const opening = useRef(false);
  const lastIndex = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (rows.length > 0 && lastIndex >= rows.length - ahead) onNearEnd?.();
  }, [lastIndex, rows.length, onNearEnd]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another question starts anew
  useLayoutEffect(() => {
    body.current?.scrollTo({ top: 0 });
    setActive(-1);
    setCell(undefined);
    opening.current = false;
    selection.clear();
  }, [question]);
  useLayoutEffect(() => {
    const style = body.current?.style;
    style?.setProperty('--columns', columnsTemplate);
    style?.setProperty('--width', `${width}px`);
    style?.setProperty('--height', `${rows.length * rowHeight}px`);
  }, [columnsTemplate, width, rows.length]);

  const open = (row: R) => {
    opening.current = true;
    onOpen?.(row);
  };
  const openTab = (row: R) => {
    const href = hrefOf?.(row);
    if (href) window.open(href, '_blank', 'noopener');
  };
  const onRowClick = useLatest((event: MouseEvent, row: R, index: number) => {
    if ((event.target as Element).closest('a, button, input')) return;
    if (event.button === 2 || (window.getSelection()?.toString() ?? '') !== '') return;
    setActive(index);
    setCell(undefined);
    // The focus belongs to the grid, whose keys walk on from the row.
    body.current?.focus({ preventScroll: true });
    if (event.ctrlKey || event.metaKey || event.button === 1) openTab(row);
    else open(row);
  });
  const onContextMenu = (event: MouseEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>('[data-column]');
    const index = Number(cell?.parentElement?.getAttribute('aria-rowindex') ?? 1) - 2;
    const column = shown.find((each) => each.id === cell?.dataset.column);
    const row = rows[index];
    const value = row && column?.value?.(row);
    if (!value || (window.getSelection()?.toString() ?? '') !== '') return;
    event.preventDefault();
    setActive(index);
    menu.open(value, { x: event.clientX, y: event.clientY }, body.current);
  };

  const openIndex = useMemo(() => (isOpen ? rows.findIndex(isOpen) : -1), [rows, isOpen]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the page has answered when the open row is another
  useLayoutEffect(() => {
    opening.current = false;
  }, [openIndex]);
  const current = active >= 0 && active < rows.length ? active : openIndex;
  const goTo = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows[next];
    if (!row) return;
    setActive(next);
    virtual.scrollToIndex(next);
    // With a row open the keys leaf through them.
    if (openIndex >= 0 || opening.current) open(row);
  };
  const keys = {
    move: (by: number) => goTo(current < 0 ? 0 : current + by),
    edge: (end: boolean) => goTo(end ? rows.length - 1 : 0),
    open: () => {
      const row = rows[current];
      if (row) open(row);
    },
    openTab: () => {
      const row = rows[current];
      if (row) openTab(row);
    },
    cell: (by: number) => {
      const at = shown.findIndex((column) => column.id === cell);
      const next = at < 0 ? (by > 0 ? 0 : -1) : at + by;
      setCell(shown[Math.min(next, shown.length - 1)]?.id);
      if (current < 0) goTo(0);
    },
    pick: () => {
      const row = rows[current];
      if (row && selectable) selection.turn(keyOf(row), current, false);
    },
    menu: () => {
      const element = document.getElementById(`${domId}-${current}`);
      const column = cell ?? 'image';
      const find = (selector: string) => element?.querySelector<HTMLElement>(selector);
      const button = find(`[data-column=${column}] [data-value-menu]`) ?? (cell ? null : find('[data-value-menu]'));
      // The key that opens the menu must be over, or the menu takes it for one of its own.
      setTimeout(() => button?.click());
    },
    close: () => {
      opening.current = false;
      if (openIndex < 0 && picked.length > 0) selection.clear();
      else if (openIndex < 0 && cell) setCell(undefined);
      else onClose?.();
    },
  };
  useGridKeys(keys);

  return (
    <section className={classes.root} aria-label={label}>
      <div className={classes.tools}>
        {picked.length > 0 && bulk ? (
          <BulkBar count={picked.length} onClear={selection.clear}>
            {bulk(picked)}
          </BulkBar>
        ) : (
          <div className={classes.summary}>{props.summary}</div>
        )}
        <div className={classes.actions}>
          {props.tools}
          <ColumnChooser
            columns={columns}
            order={layout.order}
            shown={layout.shown}
            onShow={(column, on) => table.setColumnVisibility((old) => ({ ...old, [column]: on }))}
            onOrder={(order) => table.setColumnOrder(order)}
            onReset={reset}
          />
        </div>
      </div>
      <div className={classes.frame}>
        <div className={classes.progress} data-busy={busy || undefined} aria-hidden="true" />
        {props.notice ? <div className={classes.notice}>{props.notice}</div> : null}
        <div
          ref={body}
          className={classes.body}
          role="grid"
          tabIndex={0}
          aria-label={label}
          aria-busy={busy || undefined}
          aria-rowcount={total === undefined ? -1 : total + 1}
          aria-multiselectable={selectable || undefined}
          aria-activedescendant={items.some((item) => item.index === current) ? `${domId}-${current}` : undefined}
          onContextMenu={onContextMenu}
        >
          <div role="rowgroup" tabIndex={-1} className={classes.headGroup}>
            <Head
              table={table}
              columns={shown}
              selectable={selectable}
              picked={picked.length === 0 ? 'none' : picked.length === rows.length ? 'all' : 'some'}
              onPickAll={selection.turnAll}
              sort={sort}
              onSort={onSort}
            />
          </div>
          <div role="rowgroup" tabIndex={-1} className={classes.rows} data-stale={stale || undefined}>
            {items.map((item) => {
              const row = rows[item.index];
              if (row === undefined) return null;
              const key = keyOf(row);
              return (
                <Row
                  key={item.index % slots.current}
                  id={`${domId}-${item.index}`}
                  row={row}
                  rowKey={key}
                  index={item.index}
                  top={item.start}
                  columns={shown}
                  selectable={selectable}
                  active={item.index === current}
                  open={item.index === openIndex}
                  selected={selection.has(key)}
                  cell={item.index === current ? cell : undefined}
                  onClick={onRowClick}
                  onSelect={selection.turn}
                />
              );
            })}
          </div>
        </div>
        {rows.length === 0 && props.empty ? <div className={classes.empty}>{props.empty}</div> : null}
      </div>
      {props.footer ? <div className={classes.footer}>{props.footer}</div> : null}
      <p className={classes.spoken} role="status">
        {picked.length > 0 ? t('table.picked', { n: picked.length, rows: String(picked.length) }) : ''}
      </p>
    </section>
  );
}
