import { IconCopy } from '@tabler/icons-react';
import { type MouseEvent, memo, useLayoutEffect, useRef, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { useCopy } from '../useCopy';
import { ValueMenuButton } from '../ValueMenu';
import classes from './DataTable.module.css';
import type { Column } from './types';

interface RowProps<R> {
  id: string;
  row: R;
  rowKey: string;
  index: number;
  top: number;
  columns: Column<R>[];
  selectable: boolean;
  active: boolean;
  open: boolean;
  selected: boolean;
  /** The column of the cell that the keys are in. */
  cell?: string;
  onClick(event: MouseEvent, row: R, index: number): void;
  onSelect(rowKey: string, index: number, range: boolean): void;
}

function RowOf<R>({
  id,
  row,
  rowKey,
  index,
  top,
  columns,
  selectable,
  active,
  open,
  selected,
  cell,
  onClick,
  onSelect,
}: RowProps<R>) {
  const { t } = useI18n();
  // Most of what a row would draw are the buttons of its values, and only that in hand needs them.
  const [hovered, setHovered] = useState(false);
  const inHand = hovered || active;
  const box = useRef<HTMLDivElement>(null);
  const shown = useRef(rowKey);
  // The elements have passed to another row: what one was doing with the old one is over.
  useLayoutEffect(() => {
    if (shown.current === rowKey) return;
    shown.current = rowKey;
    setHovered(false);
    const element = box.current;
    if (element?.contains(document.activeElement)) {
      element.closest<HTMLElement>('[role=grid]')?.focus({ preventScroll: true });
    }
  }, [rowKey]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys for its rows
    <div
      id={id}
      ref={(element) => {
        box.current = element;
        element?.style.setProperty('transform', `translateY(${top}px)`);
      }}
      className={classes.row}
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={selectable ? selected : undefined}
      data-active={active || undefined}
      data-open={open || undefined}
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      onClick={(event) => onClick(event, row, index)}
      onAuxClick={(event) => onClick(event, row, index)}
    >
      {selectable ? (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the box inside takes the keys
        <div className={classes.pick} role="gridcell" tabIndex={-1} onClick={(event) => event.stopPropagation()}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={t('table.selectRow')}
            checked={selected}
            onChange={(event) =>
              onSelect(rowKey, index, (event.nativeEvent as unknown as globalThis.MouseEvent).shiftKey)
            }
          />
        </div>
      ) : null}
      {columns.map((column) => {
        const value = inHand ? column.value?.(row) : undefined;
        return (
          <div
            key={column.id}
            className={classes.cell}
            role="gridcell"
            tabIndex={-1}
            data-align={column.align}
            data-column={column.id}
            data-active={column.id === cell || undefined}
          >
            <div className={classes.content}>{column.render(row)}</div>
            {value ? (
              <span className={classes.onValue}>
                {column.copied ? <CopyButton text={value.value} name={column.header} /> : null}
                <ValueMenuButton value={value} name={column.header} inTable />
              </span>
            ) : null}
          </div>
        );
      })}
    </div>
  );
}

/** Copies a value that the cell shows in part. */
function CopyButton({ text, name }: { text: string; name: string }) {
  const { t } = useI18n();
  const copy = useCopy();
  return (
    <button
      type="button"
      className={classes.copy}
      tabIndex={-1}
      aria-label={t('copy.named', { name })}
      onClick={(event) => {
        event.stopPropagation();
        copy(text);
      }}
    >
      <IconCopy size={14} aria-hidden="true" />
    </button>
  );
}

export const Row = memo(RowOf) as typeof RowOf;
