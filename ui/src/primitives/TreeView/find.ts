import { type Entry, entriesUnder, isRepeats, siblingsKey, type TreeIndex, type TreeItem } from './tree';

/** The processes that hold a text, in the order in which they stand in the tree. */
export function found(index: TreeIndex, text: string, apart: boolean): string[] {
  const wanted = text.trim().toLowerCase();
  const ids: string[] = [];
  if (wanted === '') return ids;
  const holds = (item: TreeItem) =>
    (item.image?.toLowerCase().includes(wanted) ?? false) ||
    (item.command_line?.toLowerCase().includes(wanted) ?? false) ||
    (item.user?.toLowerCase().includes(wanted) ?? false) ||
    String(item.pid) === wanted;
  // A stack, because a chain of processes may be deeper than calls can be.
  const open: Entry[] = [index.top];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    if (isRepeats(entry)) {
      for (let i = entry.items.length - 1; i >= 0; i--) open.push(entry.items[i]!);
      continue;
    }
    if (holds(entry)) ids.push(entry.process);
    const entries = entriesUnder(index, entry.process, apart);
    const parent = entry.process === index.marked.parent;
    for (let i = entries.length - 1; i >= 0; i--) open.push(entries[i]!);
    // Siblings stand before the marked process, whenever they started.
    if (parent) {
      open.length -= entries.length;
      open.push(index.marked);
      const beside = entriesUnder(index, siblingsKey, apart);
      for (let i = beside.length - 1; i >= 0; i--) open.push(beside[i]!);
    }
  }
  return ids;
}
