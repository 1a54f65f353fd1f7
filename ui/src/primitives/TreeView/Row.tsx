import { IconChevronRight, IconDots } from '@tabler/icons-react';
import { type MouseEvent, type ReactNode, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { Rarity } from '../Chip';
import { cut, splitPath, visible } from '../hostile';
import { HostileText } from '../Text';
import classes from './TreeView.module.css';
import type { TreeItem, TreeRow } from './tree';

/** Deeper rows are not indented further: there would be no room for what they say. */
const deepest = 16;
const lineLimit = 300;

interface RowProps {
  id: string;
  row: TreeRow;
  top: number;
  active: boolean;
  /** It is the process whose page this is. */
  marked: boolean;
  /** It is an ancestor of that. */
  above: boolean;
  /** It holds what is looked for. */
  match: boolean;
  href: string | undefined;
  wholeLine(item: TreeItem): Promise<string | undefined>;
  onPick(key: string): void;
  onToggle(row: TreeRow, open: boolean): void;
  onUnfold(row: TreeRow, all: boolean): void;
  onMenu(row: TreeRow, element: Element): void;
}

export function Row(props: RowProps) {
  const { id, row, top, active, marked, above, match, onPick, onToggle } = props;
  const { t } = useI18n();
  const open = row.kind === 'more' ? undefined : row.open;
  const onClick = (event: MouseEvent) => {
    if ((event.target as Element).closest('a, button')) return;
    if ((window.getSelection()?.toString() ?? '') !== '') return;
    if (row.kind === 'repeats' || row.kind === 'siblings') onToggle(row, !row.open);
    else onPick(row.key);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for its rows
    <div
      id={id}
      ref={(element) => {
        element?.style.setProperty('transform', `translateY(${top}px)`);
        element?.style.setProperty('--depth', String(Math.min(row.depth, deepest)));
      }}
      className={classes.row}
      role="treeitem"
      tabIndex={-1}
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.size}
      aria-expanded={above ? true : open}
      aria-selected={active}
      aria-current={marked ? 'page' : undefined}
      data-kind={row.kind}
      data-active={active || undefined}
      data-match={match || undefined}
      onClick={onClick}
      onContextMenu={(event) => {
        if (row.kind !== 'process' || (window.getSelection()?.toString() ?? '') !== '') return;
        event.preventDefault();
        props.onMenu(row, event.currentTarget.querySelector('[data-tree-menu]') ?? event.currentTarget);
      }}
    >
      {open === undefined ? (
        <span className={classes.toggle} />
      ) : (
        <button
          type="button"
          className={classes.toggle}
          tabIndex={-1}
          data-open={open || undefined}
          aria-label={open ? t('tree.close') : t('tree.open')}
          onClick={() => onToggle(row, !open)}
        >
          <IconChevronRight size={14} aria-hidden="true" />
        </button>
      )}
      {row.kind === 'process' ? <ProcessCells {...props} row={row} open={open} /> : null}
      {row.kind === 'repeats' ? <RepeatsCells row={row} /> : null}
      {row.kind === 'siblings' ? <SiblingsCells count={row.count} /> : null}
      {row.kind === 'more' ? <MoreCells row={row} onUnfold={props.onUnfold} /> : null}
    </div>
  );
}

type Of<Kind extends TreeRow['kind']> = TreeRow & { kind: Kind };

function ProcessCells(props: Omit<RowProps, 'row'> & { row: Of<'process'>; open: boolean | undefined }) {
  const { row, open, href, marked, wholeLine, onMenu } = props;
  const { t, fmt } = useI18n();
  const { item } = row;
  const name = <Name image={item.image} />;
  return (
    <>
      <Status item={item} />
      {href ? (
        <a className={classes.name} href={href} tabIndex={-1}>
          {name}
        </a>
      ) : (
        <span className={classes.name} data-marked={marked || undefined} data-unseen={item.unseen || undefined}>
          {name}
        </span>
      )}
      {open === false && item.children ? (
        <span
          className={classes.count}
          title={t('tree.children', { n: item.children, count: fmt.number(item.children) })}
        >
          {fmt.number(item.children)}
        </span>
      ) : null}
      {item.prevalence !== undefined && item.prevalence > 0 && item.prevalence <= 3 ? (
        <Rarity compact prevalence={item.prevalence} />
      ) : null}
      {item.user && item.user !== row.parentUser ? <User name={item.user} /> : null}
      {item.unseen ? <span className={classes.note}>{t('tree.unseen')}</span> : null}
      <CommandLine item={item} wholeLine={wholeLine} />
      <Times item={item} />
      <span className={classes.pid} title={t('field.pid')}>
        {item.pid}
      </span>
      <button
        type="button"
        className={classes.menu}
        data-tree-menu=""
        tabIndex={-1}
        aria-haspopup="menu"
        aria-label={t('value.menuOf', { name: visible(splitPath(item.image ?? '').name) || String(item.pid) })}
        onClick={(event) => onMenu(row, event.currentTarget)}
      >
        <IconDots size={14} aria-hidden="true" />
      </button>
    </>
  );
}

function RepeatsCells({ row }: { row: Of<'repeats'> }) {
  const { t, fmt } = useI18n();
  const first = row.items[0]!;
  const last = row.items.at(-1)!;
  const children = row.items.reduce((sum, item) => sum + (item.children ?? 0), 0);
  return (
    <>
      <span className={classes.stack} aria-hidden="true" />
      <span className={classes.name}>
        <Name image={first.image} />
        <span className={classes.times}>
          <span aria-hidden="true"> × </span>
          <span className={classes.unseen}>{t('tree.repeated')}</span>
          {fmt.number(row.items.length)}
        </span>
      </span>
      {children > 0 ? (
        <span className={classes.note}>{t('tree.children', { n: children, count: fmt.number(children) })}</span>
      ) : null}
      {first.user && first.user !== row.parentUser ? <User name={first.user} /> : null}
      <CommandLine item={first} />
      {first.started && last.started ? (
        <span className={classes.clock}>
          {fmt.clock(first.started).slice(0, 8)}–{fmt.clock(last.started).slice(0, 8)}
        </span>
      ) : null}
    </>
  );
}

function SiblingsCells({ count }: { count: number }) {
  const { t, fmt } = useI18n();
  return <span className={classes.aside}>{t('tree.siblings', { n: count, count: fmt.number(count) })}</span>;
}

function MoreCells({ row, onUnfold }: { row: Of<'more'>; onUnfold: RowProps['onUnfold'] }) {
  const { t, fmt } = useI18n();
  const left = row.total - row.shown;
  return (
    <>
      <span className={classes.aside}>
        {t('tree.shown', { shown: fmt.number(row.shown), total: fmt.number(row.total) })}
      </span>
      {row.missing ? (
        <span className={classes.note}>{t('loading')}</span>
      ) : (
        <>
          {left > 100 ? (
            <button type="button" className={classes.link} tabIndex={-1} onClick={() => onUnfold(row, false)}>
              {t('tree.showMore')}
            </button>
          ) : null}
          <button type="button" className={classes.link} tabIndex={-1} onClick={() => onUnfold(row, true)}>
            {t('tree.showAll')}
          </button>
        </>
      )}
    </>
  );
}

function Name({ image }: { image: string | undefined }): ReactNode {
  const { t } = useI18n();
  if (!image) return t('process.unknown');
  return <HostileText limit={120}>{splitPath(image).name}</HostileText>;
}

function User({ name }: { name: string }) {
  const { t } = useI18n();
  return (
    <span className={classes.user} title={`${t('field.user')}: ${visible(name)}`}>
      <HostileText limit={80}>{name.slice(name.lastIndexOf('\\') + 1)}</HostileText>
    </span>
  );
}

/** Whether it runs: a full circle, or a hollow one where its end is known. */
function Status({ item }: { item: TreeItem }) {
  const { t } = useI18n();
  const state = item.unseen ? 'unseen' : item.stopped ? 'exited' : 'running';
  return (
    <span
      className={classes.status}
      data-state={state}
      role="img"
      aria-label={t(`tree.${state}`)}
      title={t(`tree.${state}`)}
    />
  );
}

/** The command line, shortened; the whole on hover, read first where only its beginning is here. */
function CommandLine({ item, wholeLine }: { item: TreeItem; wholeLine?: RowProps['wholeLine'] }) {
  const [whole, setWhole] = useState<string>();
  const line = item.command_line;
  if (!line) return <span className={classes.line} />;
  const read = () => void wholeLine?.(item).then(setWhole, () => {});
  return (
    <span
      className={classes.line}
      title={visible(cut(whole ?? line, 2000))}
      onPointerEnter={item.truncated && whole === undefined ? read : undefined}
    >
      <HostileText limit={lineLimit}>{line}</HostileText>
    </span>
  );
}

/** When it started, and how long it ran. */
function Times({ item }: { item: TreeItem }) {
  const { fmt } = useI18n();
  if (!item.started) return null;
  const ran = item.stopped ? Date.parse(item.stopped) - Date.parse(item.started) : undefined;
  return (
    <>
      {ran === undefined ? null : <span className={classes.ran}>{fmt.duration(Math.max(0, ran))}</span>}
      <time className={classes.clock} dateTime={item.started} title={fmt.exact(item.started)}>
        {fmt.clock(item.started).slice(0, 8)}
      </time>
    </>
  );
}
