import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { Table } from '@tanstack/react-table';
import { type KeyboardEvent, useState } from 'react';
import { useI18n } from '@/app/i18n';
import classes from './DataTable.module.css';
import type { Column, Sort } from './types';

interface HeadProps<Row> {
  table: Table<Row>;
  columns: Column<Row>[];
  selectable: boolean;
  picked: 'none' | 'some' | 'all';
  onPickAll(): void;
  sort?: Sort;
  onSort?(column: string): void;
}

const step = 16;

/** The header row: sort by click, drag to move, drag the edge to resize; arrows do both with the keyboard. */
export function Head<Row>({ table, columns, selectable, picked, onPickAll, sort, onSort }: HeadProps<Row>) {
  const { t } = useI18n();
  const [dragged, setDragged] = useState<string>();
  const [over, setOver] = useState<string>();
  const headers = new Map(table.getFlatHeaders().map((header) => [header.column.id, header]));

  const move = (from: string, to: string) => {
    if (from === to) return;
    table.setColumnOrder((old) => {
      const rest = old.filter((id) => id !== from);
      const at = rest.indexOf(to) + (old.indexOf(from) < old.indexOf(to) ? 1 : 0);
      return [...rest.slice(0, at), from, ...rest.slice(at)];
    });
  };
  const resizeByKey = (event: KeyboardEvent, id: string) => {
    const by = event.key === 'ArrowRight' ? step : event.key === 'ArrowLeft' ? -step : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const size = table.getColumn(id)?.getSize() ?? 0;
    table.setColumnSizing((old) => ({ ...old, [id]: Math.max(56, size + by) }));
  };

  return (
    <div className={classes.head} role="row" tabIndex={-1} aria-rowindex={1}>
      {selectable ? (
        <div className={classes.pick} role="columnheader" tabIndex={-1}>
          <input
            type="checkbox"
            aria-label={t('table.selectAll')}
            checked={picked === 'all'}
            ref={(element) => {
              if (element) element.indeterminate = picked === 'some';
            }}
            onChange={onPickAll}
          />
        </div>
      ) : null}
      {columns.map((column) => {
        const header = headers.get(column.id);
        const sorted = sort?.column === column.id ? sort : undefined;
        return (
          <div
            key={column.id}
            className={classes.header}
            role="columnheader"
            tabIndex={-1}
            aria-sort={sorted ? (sorted.descending ? 'descending' : 'ascending') : undefined}
            data-align={column.align}
            data-over={over === column.id && dragged !== column.id ? true : undefined}
            draggable={!header?.column.getIsResizing()}
            onDragStart={(event) => {
              setDragged(column.id);
              event.dataTransfer.effectAllowed = 'move';
            }}
            onDragOver={(event) => {
              if (!dragged) return;
              event.preventDefault();
              setOver(column.id);
            }}
            onDragEnd={() => {
              setDragged(undefined);
              setOver(undefined);
            }}
            onDrop={(event) => {
              event.preventDefault();
              if (dragged) move(dragged, column.id);
            }}
          >
            {column.sortable && onSort ? (
              <button type="button" className={classes.sort} onClick={() => onSort(column.id)}>
                {column.header}
                {sorted?.descending ? <IconArrowDown size={12} aria-hidden="true" /> : null}
                {sorted && !sorted.descending ? <IconArrowUp size={12} aria-hidden="true" /> : null}
              </button>
            ) : (
              <span className={classes.headerText}>{column.header}</span>
            )}
            <span
              className={classes.grip}
              role="separator"
              tabIndex={0}
              aria-orientation="vertical"
              aria-label={t('table.resize', { column: column.header })}
              aria-valuenow={header?.getSize()}
              aria-valuemin={56}
              aria-valuemax={2000}
              data-resizing={header?.column.getIsResizing() || undefined}
              onMouseDown={(event) => {
                event.preventDefault();
                header?.getResizeHandler()(event);
              }}
              onTouchStart={header?.getResizeHandler()}
              onDoubleClick={() => header?.column.resetSize()}
              onKeyDown={(event) => resizeByKey(event, column.id)}
            />
          </div>
        );
      })}
    </div>
  );
}
