/**
 * The tree of processes as data: what is known goes in, the rows to draw come
 * out. Nothing here knows of React, of the API or of pixels.
 */

/** A process in the tree. */
export interface TreeItem {
  process: string;
  /** The process that started it, where that is in the tree. */
  parent?: string;
  pid: number;
  image?: string;
  command_line?: string;
  /** The command line is only the beginning. */
  truncated?: boolean;
  user?: string;
  started?: string;
  stopped?: string;
  exit_code?: number;
  binary_id?: number;
  prevalence?: number;
  /** How many it has started, loaded or not; absent where nobody knows. */
  children?: number;
  /** It is known only from what its child told: it has no page. */
  unseen?: boolean;
}

/** Equal siblings behind one row. */
export interface Repeats {
  key: string;
  items: TreeItem[];
}

export type Entry = TreeItem | Repeats;

export interface TreeIndex {
  /** The oldest process known. */
  top: TreeItem;
  marked: TreeItem;
  /** The ancestors of the marked process. */
  above: ReadonlySet<string>;
  byId: ReadonlyMap<string, TreeItem>;
  /** What each process started and is loaded, in the order of starts. */
  below: ReadonlyMap<string, TreeItem[]>;
  /** How many processes the marked one's parent started besides it. */
  siblings: number;
  /** Grouped children, made when first asked for. */
  grouped: Map<string, Entry[]>;
}

/** What the reader has opened. */
export interface TreeState {
  /** Rows that were opened or closed by hand, by key. */
  open: ReadonlyMap<string, boolean>;
  /** How many entries are shown below a row, where that is not the usual number. */
  limits: ReadonlyMap<string, number>;
  /** Equal siblings are shown one by one. */
  apart: boolean;
}

interface RowOf {
  key: string;
  depth: number;
  /** The row's place among those of the same parent, from 1, and how many there are. */
  position: number;
  size: number;
}

export type TreeRow = RowOf &
  (
    | { kind: 'process'; item: TreeItem; open: boolean | undefined; parentUser: string | undefined }
    | { kind: 'repeats'; items: TreeItem[]; open: boolean; parentUser: string | undefined }
    | { kind: 'siblings'; count: number; open: boolean }
    | {
        kind: 'more';
        /** The row whose entries are folded, and the process to load them from. */
        of: string;
        from: string;
        shown: number;
        total: number;
        /** What should be shown is not loaded. */
        missing: boolean;
      }
  );

/** The key of the row that holds the marked process's siblings. */
export const siblingsKey = 'siblings';
/** How many entries are shown below a process until more are asked for. */
export const usualLimit = 15;
/** How many more are shown at a time. */
export const limitStep = 100;
/** Down to how many levels below the marked process all is open at first. */
const openLevels = 4;
const fewestRepeats = 3;

export const emptyState: TreeState = { open: new Map(), limits: new Map(), apart: false };

export const isRepeats = (entry: Entry): entry is Repeats => 'items' in entry;

/**
 * Brings together what is known: the chain from the oldest ancestor down to the
 * marked process, and lists of further processes in any order. A process that
 * comes twice counts once.
 */
export function indexTree(
  chain: readonly TreeItem[],
  lists: Iterable<readonly TreeItem[]>,
  siblings: number,
): TreeIndex {
  const byId = new Map<string, TreeItem>();
  const below = new Map<string, TreeItem[]>();
  const unsorted = new Set<TreeItem[]>();
  const add = (item: TreeItem) => {
    if (byId.has(item.process)) return;
    byId.set(item.process, item);
    if (item.parent === undefined) return;
    const list = below.get(item.parent);
    if (list === undefined) below.set(item.parent, [item]);
    else {
      if ((item.started ?? '') < (list.at(-1)?.started ?? '')) unsorted.add(list);
      list.push(item);
    }
  };
  for (const item of chain) add(item);
  for (const list of lists) for (const item of list) add(item);
  for (const list of unsorted) list.sort((a, b) => ((a.started ?? '') < (b.started ?? '') ? -1 : 1));
  return {
    top: chain[0]!,
    marked: chain.at(-1)!,
    above: new Set(chain.slice(0, -1).map((item) => item.process)),
    byId,
    below,
    siblings,
    grouped: new Map(),
  };
}

/** How many children a process has, loaded or not. */
export function childCount(index: TreeIndex, item: TreeItem): number {
  return Math.max(item.children ?? 0, index.below.get(item.process)?.length ?? 0);
}

/** A word with a digit in it. It is looked for at the beginnings of words only, so that no line can make it slow. */
const changing = /(?<![A-Za-z])[A-Za-z]*\d[A-Za-z\d]*/g;

/** A command line without what changes from run to run: every word with a digit in it. */
export function shapeOf(line: string): string {
  return line.replace(changing, '#');
}

/** What runs under a row: the children of a process, or the siblings of the marked one. */
function itemsUnder(index: TreeIndex, key: string): TreeItem[] {
  if (key !== siblingsKey) return index.below.get(key) ?? [];
  const { marked } = index;
  return (index.below.get(marked.parent ?? '') ?? []).filter((item) => item !== marked);
}

/** The children under a row, with equal ones brought together at the place of the first. */
export function entriesUnder(index: TreeIndex, key: string, apart: boolean): Entry[] {
  if (apart) return itemsUnder(index, key);
  let entries = index.grouped.get(key);
  if (entries === undefined) {
    entries = group(itemsUnder(index, key), key, (item) => childCount(index, item) === 0);
    index.grouped.set(key, entries);
  }
  return entries;
}

function group(items: TreeItem[], under: string, leaf: (item: TreeItem) => boolean): Entry[] {
  if (items.length < fewestRepeats) return items;
  const shapes = new Map<string, string>();
  const kinds = new Map<string, TreeItem[]>();
  for (const item of items) {
    const line = item.command_line ?? '';
    let shape = shapes.get(line);
    if (shape === undefined) {
      shape = shapeOf(line);
      shapes.set(line, shape);
    }
    // What started others stays apart from what did not, and another binary of the same name from both.
    const kind = `${item.binary_id ?? ''}\n${item.image ?? ''}\n${item.user ?? ''}\n${leaf(item)}\n${shape}`;
    const same = kinds.get(kind);
    if (same === undefined) kinds.set(kind, [item]);
    else same.push(item);
  }
  if (kinds.size === items.length) return items;
  const together = new Map<TreeItem, TreeItem[]>();
  const hidden = new Set<TreeItem>();
  for (const same of kinds.values()) {
    if (same.length < fewestRepeats) continue;
    together.set(same[0]!, same);
    for (let i = 1; i < same.length; i++) hidden.add(same[i]!);
  }
  const entries: Entry[] = [];
  for (const item of items) {
    if (hidden.has(item)) continue;
    const same = together.get(item);
    entries.push(same === undefined ? item : { key: `${under} ${item.process}`, items: same });
  }
  return entries;
}

/** The rows to draw, from the oldest ancestor down. */
export function visibleRows(index: TreeIndex, state: TreeState): TreeRow[] {
  const rows: TreeRow[] = [];
  const { marked, above, byId } = index;
  const base = above.size;
  const isOpen = (key: string, usual: boolean) => state.open.get(key) ?? usual;
  const userAbove = (item: TreeItem) => (item.parent === undefined ? undefined : byId.get(item.parent)?.user);

  const process = (item: TreeItem, depth: number, position: number, size: number, inside: boolean) => {
    const total = childCount(index, item);
    const open = total === 0 ? undefined : isOpen(item.process, inside && depth - base < openLevels);
    rows.push({ kind: 'process', key: item.process, depth, position, size, item, open, parentUser: userAbove(item) });
    if (open) under(item.process, item.process, total, depth + 1, inside);
  };
  const under = (key: string, from: string, total: number, depth: number, inside: boolean) => {
    const entries = entriesUnder(index, key, state.apart);
    const limit = state.limits.get(key) ?? usualLimit;
    const loaded = itemsUnder(index, key).length;
    const size = entries.length + Math.max(0, total - loaded);
    let shown = 0;
    for (let i = 0; i < entries.length && i < limit; i++) {
      const entry = entries[i]!;
      shown += isRepeats(entry) ? entry.items.length : 1;
      if (isRepeats(entry)) repeats(entry, depth, i + 1, size, inside);
      else process(entry, depth, i + 1, size, inside);
    }
    if (shown < total) {
      const missing = entries.length < limit && loaded < total;
      more(key, from, shown, total, missing, depth, size);
    }
  };
  const more = (
    of: string,
    from: string,
    shown: number,
    total: number,
    missing: boolean,
    depth: number,
    size: number,
  ) => {
    rows.push({ kind: 'more', key: `more ${of}`, depth, position: size, size, of, from, shown, total, missing });
  };
  const repeats = ({ key, items }: Repeats, depth: number, position: number, size: number, inside: boolean) => {
    const open = isOpen(key, false);
    rows.push({ kind: 'repeats', key, depth, position, size, items, open, parentUser: userAbove(items[0]!) });
    if (!open) return;
    const limit = state.limits.get(key) ?? usualLimit;
    for (let i = 0; i < items.length && i < limit; i++) process(items[i]!, depth + 1, i + 1, items.length, inside);
    if (items.length > limit) more(key, items[0]!.parent ?? '', limit, items.length, false, depth + 1, items.length);
  };

  // The chain has no branches but the last: what else the ancestors started is on their own pages.
  let item = index.top;
  for (let depth = 0; item !== marked; depth++) {
    rows.push({
      kind: 'process',
      key: item.process,
      depth,
      position: 1,
      size: 1,
      item,
      open: undefined,
      parentUser: userAbove(item),
    });
    item = (index.below.get(item.process) ?? []).find((child) => above.has(child.process) || child === marked)!;
  }
  const others = index.siblings > 0 && marked.parent !== undefined;
  if (others) {
    const open = isOpen(siblingsKey, false);
    rows.push({
      kind: 'siblings',
      key: siblingsKey,
      depth: base,
      position: 1,
      size: 2,
      count: index.siblings,
      open,
    });
    if (open) under(siblingsKey, marked.parent!, index.siblings, base + 1, false);
  }
  process(marked, base, others ? 2 : 1, others ? 2 : 1, true);
  return rows;
}

/** The state in which a process can be seen: all above it open, nothing folded over it. */
export function revealed(index: TreeIndex, state: TreeState, id: string): TreeState {
  const open = new Map(state.open);
  const limits = new Map(state.limits);
  let child = index.byId.get(id);
  while (child?.parent !== undefined && child !== index.marked && !index.above.has(child.process)) {
    const beside: boolean = child.parent === index.marked.parent;
    const key: string = beside ? siblingsKey : child.parent;
    open.set(key, true);
    const entries = entriesUnder(index, key, state.apart);
    const at = entries.findIndex((entry) =>
      isRepeats(entry) ? entry.items.includes(child!) : entry.process === child!.process,
    );
    raise(limits, key, at + 1);
    const entry = entries[at];
    if (entry !== undefined && isRepeats(entry)) {
      open.set(entry.key, true);
      raise(limits, entry.key, entry.items.indexOf(child) + 1);
    }
    child = index.byId.get(child.parent);
  }
  return { ...state, open, limits };
}

function raise(limits: Map<string, number>, key: string, to: number): void {
  if (to > (limits.get(key) ?? usualLimit)) limits.set(key, to);
}

/** Opens or closes a row. */
export function toggled(state: TreeState, key: string, open: boolean): TreeState {
  return { ...state, open: new Map(state.open).set(key, open) };
}

/** Shows more of what is folded under a row, or all of it. */
export function unfolded(state: TreeState, key: string, all: boolean): TreeState {
  const limit = all ? Number.POSITIVE_INFINITY : (state.limits.get(key) ?? usualLimit) + limitStep;
  return { ...state, limits: new Map(state.limits).set(key, limit) };
}

/** Opens everything loaded below a row. */
export function expanded(index: TreeIndex, state: TreeState, row: TreeRow): TreeState {
  if (row.kind === 'more') return unfolded(state, row.of, true);
  const open = new Map(state.open);
  const visit = (key: string) => {
    for (const entry of entriesUnder(index, key, state.apart)) {
      if (!isRepeats(entry)) openItem(entry);
      else {
        open.set(entry.key, true);
        for (const item of entry.items) openItem(item);
      }
    }
  };
  const openItem = (item: TreeItem) => {
    if (childCount(index, item) === 0) return;
    open.set(item.process, true);
    visit(item.process);
  };
  if (row.kind === 'process') openItem(row.item);
  else open.set(row.key, true);
  if (row.kind === 'siblings') visit(siblingsKey);
  if (row.kind === 'repeats') for (const item of row.items) openItem(item);
  return { ...state, open };
}
