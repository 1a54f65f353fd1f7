import type { Ancestor, Descendant, EventRow } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { splitPath } from '@/primitives/hostile';
import type { Kin } from '@/primitives/Lineage';
import { HostileText } from '@/primitives/Text';
import { processHref } from '../events/fields';

/** A process and its family as one indented list: the oldest ancestor first, then itself, then what it started. */
export function family(
  row: EventRow,
  ancestors: Ancestor[],
  descendants: Descendant[],
  t: Translate,
  fmt: Format,
): Kin[] {
  const name = (image: string | undefined) =>
    image ? <HostileText limit={120}>{splitPath(image).name}</HostileText> : t('process.unknown');
  const line = (text: string | undefined) => (text ? <HostileText limit={200}>{text}</HostileText> : null);
  const clock = (at: string | undefined) => (at ? fmt.dateTime(at).slice(11) : undefined);

  const above = [...ancestors].reverse().map(
    (each, depth): Kin => ({
      key: `above ${depth}`,
      depth,
      href: each.process ? processHref(each.process) : undefined,
      name: name(each.image),
      detail: each.process ? line(each.command_line) : t('process.notStored', { pid: each.pid }),
      note: clock(each.started),
    }),
  );
  const self: Kin = {
    key: 'self',
    depth: above.length,
    current: true,
    name: name(row.image),
    detail: line(row.command_line),
    note: clock(row.started ?? row.time),
  };
  const below = depthFirst(row.process, descendants).map(
    (each): Kin => ({
      key: `below ${each.process}`,
      depth: above.length + Math.max(1, each.depth),
      href: processHref(each.process),
      name: name(each.image),
      detail: line(each.command_line),
      note: clock(each.started ?? each.time),
    }),
  );
  return [...above, self, ...below];
}

/** Descendants come in the order of their starts; in a list each stands below its parent. */
export function depthFirst<T extends Pick<Descendant, 'process' | 'parent'>>(root: string, descendants: T[]): T[] {
  const children = new Map<string, T[]>();
  for (const each of descendants) {
    const siblings = children.get(each.parent);
    if (siblings) siblings.push(each);
    else children.set(each.parent, [each]);
  }
  const ordered: T[] = [];
  const open = [...(children.get(root) ?? [])].reverse();
  for (let each = open.pop(); each; each = open.pop()) {
    ordered.push(each);
    open.push(...[...(children.get(each.process) ?? [])].reverse());
  }
  return ordered;
}
