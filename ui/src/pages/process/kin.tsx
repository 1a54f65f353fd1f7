import type { Ancestor, EventRow, TreeNode } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { splitPath } from '@/primitives/hostile';
import type { Kin } from '@/primitives/Lineage';
import { HostileText } from '@/primitives/Text';
import type { TreeItem } from '@/primitives/TreeView/tree';
import { processHref } from '../events/fields';

/** A process as its record tells it, as a row of the tree. */
export function itemOf(row: EventRow, parent: string | undefined): TreeItem {
  return {
    process: row.process,
    parent,
    pid: row.pid,
    image: row.image,
    command_line: row.command_line,
    user: row.user,
    started: row.started ?? row.time,
    stopped: row.stopped,
    exit_code: row.exit_code,
    binary_id: row.binary_id,
    prevalence: row.prevalence,
    children: row.children,
  };
}

/** The way from the oldest ancestor down to a process; `ancestors` has the nearest first. */
export function chainOf(row: EventRow, ancestors: readonly Ancestor[]): TreeItem[] {
  const idOf = (at: number) => (at < ancestors.length ? ancestors[at]!.process || `unseen ${at}` : undefined);
  const chain = [itemOf(row, idOf(0))];
  for (const [at, each] of ancestors.entries()) {
    const item = itemOf({ ...each, process: idOf(at)! }, idOf(at + 1));
    // What the child tells of it says nothing of its end.
    chain.unshift(each.process ? item : { ...item, started: each.started, unseen: true });
  }
  return chain;
}

/** A process, who started it and the first it started, as one short list. */
export function family(
  row: EventRow,
  ancestors: readonly Ancestor[],
  children: readonly TreeNode[],
  t: Translate,
  fmt: Format,
): Kin[] {
  const kin = (item: TreeItem, depth: number): Kin => ({
    key: item.process,
    depth,
    href: item.unseen ? undefined : processHref(item.process),
    current: item.process === row.process,
    name: item.image ? <HostileText limit={120}>{splitPath(item.image).name}</HostileText> : t('process.unknown'),
    detail: item.unseen ? (
      t('process.notStored', { pid: item.pid })
    ) : item.command_line ? (
      <HostileText limit={200}>{item.command_line}</HostileText>
    ) : null,
    note: item.started ? fmt.clock(item.started) : undefined,
  });
  const chain = chainOf(row, ancestors);
  return [...chain.map(kin), ...children.map((child) => kin(child, chain.length))];
}
