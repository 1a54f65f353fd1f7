import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
} from 'react';
import { useI18n } from '@/app/i18n';
import { taken } from '../DataTable/useGridKeys';
import { useLatest } from '../useLatest';
import { useValueMenu, type Value } from '../ValueMenu';
import { commandOf, type TreeCommand } from './keys';
import { Row } from './Row';
import classes from './TreeView.module.css';
import {
  expanded,
  type TreeIndex,
  type TreeItem,
  type TreeRow,
  type TreeState,
  toggled,
  unfolded,
  visibleRows,
} from './tree';

const rowHeight = 28;

export interface TreeViewProps {
  label: string;
  /** So that the focus can be led back to the rows. */
  body: RefObject<HTMLDivElement | null>;
  index: TreeIndex;
  state: TreeState;
  onState(state: TreeState): void;
  /** The key of the active row. */
  current: string;
  onCurrent(key: string): void;
  /** What is looked for, to be marked in the rows; and the way to the next one. */
  matches: ReadonlySet<string>;
  onMatch(by: 1 | -1): void;
  onFind(): void;
  /** The page of a process. */
  hrefOf(item: TreeItem): string | undefined;
  onVisit(href: string): void;
  /** What can be done with a process. */
  valueFor(item: TreeItem): Value;
  /** Reads a command line that is known in part. */
  wholeLine(item: TreeItem): Promise<string | undefined>;
  /** Something that should be shown is not loaded: what a process started. */
  onMissing(process: string): void;
  /** Stands over the rows: finding, progress. */
  tools?: ReactNode;
}

/** Processes by descent: thousands of them, folded where they repeat, walked with mouse or keys. */
export function TreeView(props: TreeViewProps) {
  const { label, body, index, state, onState, current, onCurrent, matches, hrefOf, onMissing } = props;
  const { t } = useI18n();
  const menu = useValueMenu();
  const domId = useId();
  const rows = useMemo(() => visibleRows(index, state), [index, state]);
  const at = useMemo(() => rows.findIndex((row) => row.key === current), [rows, current]);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => body.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => rows[i]!.key,
    overscan: 10,
    scrollPaddingStart: rowHeight,
    scrollPaddingEnd: rowHeight,
  });
  const items = virtual.getVirtualItems();
  // A row that becomes the active one is brought into sight. Otherwise what is read stays where it is, whatever comes in over it.
  const seen = useRef<string>(undefined);
  const before = useRef({ rows, at });
  useLayoutEffect(() => {
    const old = before.current;
    before.current = { rows, at };
    const box = body.current;
    if (!box) return;
    if (at < 0) seen.current = undefined;
    if (at >= 0 && seen.current !== current) {
      seen.current = current;
      virtual.scrollToIndex(at);
    } else if (old.rows !== rows) {
      const first = Math.ceil(box.scrollTop / rowHeight);
      const sighted = old.at >= first && old.at * rowHeight < box.scrollTop + box.clientHeight;
      const held = sighted ? old.at : first;
      const key = old.rows[held]?.key;
      const now = rows.findIndex((row) => row.key === key);
      if (now >= 0 && now !== held) box.scrollTop += (now - held) * rowHeight;
    }
  }, [rows, at, current, virtual, body]);

  useEffect(() => {
    for (const item of items) {
      const row = rows[item.index];
      if (row?.kind === 'more' && row.missing) onMissing(row.from);
    }
  }, [items, rows, onMissing]);

  const openMenu = (row: TreeRow, element: Element | null) => {
    const box = (element ?? document.getElementById(`${domId}-${row.key}`))?.getBoundingClientRect();
    if (row.kind !== 'process' || !box) return;
    onCurrent(row.key);
    menu.open(props.valueFor(row.item), { x: box.left, y: box.bottom + 2 }, body.current);
  };
  const visit = (row: TreeRow, tab: boolean) => {
    const href = row.kind === 'process' ? hrefOf(row.item) : undefined;
    if (!href) return;
    if (tab) window.open(href, '_blank', 'noopener');
    else props.onVisit(href);
  };
  const toggle = (row: TreeRow, open: boolean) => {
    onState(toggled(state, row.key, open));
    onCurrent(row.key);
  };
  const unfold = (row: TreeRow, all: boolean) => {
    if (row.kind === 'more') onState(unfolded(state, row.of, all));
  };
  const run = (command: TreeCommand) => {
    switch (command.do) {
      case 'go': {
        const row = rows[command.to];
        if (row) onCurrent(row.key);
        return;
      }
      case 'toggle':
        return toggle(command.row, command.open);
      case 'visit':
        return visit(command.row, command.tab);
      case 'unfold':
        return unfold(command.row, command.all);
      case 'expand':
        return onState(expanded(index, state, command.row));
      case 'menu':
        return openMenu(
          command.row,
          document.querySelector(`[id="${CSS.escape(domId)}"] [data-active] [data-tree-menu]`),
        );
      case 'find':
        return props.onFind();
      case 'match':
        return props.onMatch(command.by);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== body.current || event.altKey) return;
    const command = commandOf(event, rows, at);
    if (!command) return;
    event.preventDefault();
    run(command);
  };
  // Finding works from anywhere on the page, as the keys of a table do.
  const onKey = useLatest((event: globalThis.KeyboardEvent) => {
    if (taken(event) || event.ctrlKey || event.metaKey || !['f', 'n', 'N', 'j', 'k'].includes(event.key)) return;
    const command = commandOf(event, rows, at);
    if (!command) return;
    event.preventDefault();
    if (command.do === 'go') body.current?.focus({ preventScroll: true });
    run(command);
  });
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onKey]);

  return (
    <section className={classes.root} aria-label={label}>
      {props.tools}
      <div
        ref={body}
        id={domId}
        className={classes.body}
        role="tree"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={items.some((item) => item.index === at) ? `${domId}-${current}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div
          className={classes.rows}
          role="presentation"
          ref={(element) => void element?.style.setProperty('--height', `${rows.length * rowHeight}px`)}
        >
          {items.map((item) => {
            const row = rows[item.index]!;
            return (
              <Row
                key={item.key}
                id={`${domId}-${row.key}`}
                row={row}
                top={item.start}
                active={item.index === at}
                marked={row.kind === 'process' && row.item === index.marked}
                above={row.kind === 'process' && index.above.has(row.key)}
                match={row.kind === 'process' && matches.has(row.key)}
                href={row.kind === 'process' && row.item !== index.marked ? hrefOf(row.item) : undefined}
                wholeLine={props.wholeLine}
                onPick={onCurrent}
                onToggle={toggle}
                onUnfold={unfold}
                onMenu={openMenu}
              />
            );
          })}
        </div>
      </div>
      <p className={classes.keys} aria-hidden="true">
        {t('tree.keys')}
      </p>
    </section>
  );
}
